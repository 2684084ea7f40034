/** Makes what belongs to a key once. For keys from bounded lists: nothing is ever forgotten. */
export class Lookup<K, V> {
  readonly #known = new Map<K, V>();
  readonly #make: (key: K) => V;

  constructor(make: (key: K) => V) {
    this.#make = make;
  }

  get(key: K): V {
    let value = this.#known.get(key);
    if (value === undefined) {
      value = this.#make(key);
      this.#known.set(key, value);
    }
    return value;
  }
}
