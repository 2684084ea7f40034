import type { World } from "./scope.ts";

/** Names what a module keeps in memory for one world, and knows how to make it. */
export interface PartKey<T> {
  readonly name: string;
  readonly make: (world: World) => T;
}

/** Declares a part: `export const schemaCache = part("records.schema-cache", (world) => new SchemaCache(world))`. */
export function part<T>(name: string, make: (world: World) => T): PartKey<T> {
  return { name, make };
}

/**
 * What modules keep in memory (caches, queues), one of each for one world, made on first use from the world itself, so
 * never from somebody's open transaction. Two worlds in one process (tests, two instances) share nothing.
 */
export class Parts {
  private readonly made = new Map<PartKey<unknown>, unknown>();
  private world: World | undefined;

  /** Called once by whoever opens the world. */
  attach(world: World): void {
    this.world = world;
  }

  of<T>(key: PartKey<T>): T {
    if (!this.made.has(key)) {
      if (this.world === undefined) {
        throw new Error(`the part ${key.name} was asked for before its world was open`);
      }
      this.made.set(key, key.make(this.world));
    }
    return this.made.get(key) as T;
  }
}
