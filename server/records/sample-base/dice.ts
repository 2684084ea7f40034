import type { IdPrefix } from "#kernel";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ID_BODY_LENGTH = 14;

/** Chance that comes out the same for the same seed, in any process. Not for secrets. */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 to below 1. Mulberry32: 32 bits of state, one multiplication or two a number. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `least` to `most`, both possible. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** True in so many of a hundred cases. */
  percent(share: number): boolean {
    return this.next() * 100 < share;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.next() * choices.length)] ?? choices[0];
  }

  /** Low numbers are likelier: some customers order all the time, most now and then. */
  skewed(count: number): number {
    return Math.floor(count * this.next() ** 1.5);
  }
}

/** What the row of a table rolls: the same whichever rows were made before it. */
export function diceFor(table: number, row: number): Dice {
  return new Dice(seedOf(table, row));
}

/** The id of a table's row; two rows of one table never have the same. */
export function sampleId(prefix: IdPrefix, table: number, row: number): string {
  const dice = new Dice(seedOf(table, row) ^ 0x5bf0_3635);
  let body = "";
  for (let length = 0; length < ID_BODY_LENGTH; length += 1) {
    body += ALPHABET[Math.floor(dice.next() * ALPHABET.length)] ?? "A";
  }
  return `${prefix}${body}`;
}

/** Different for each row of a table, because an odd factor maps 32 bits one to one. */
function seedOf(table: number, row: number): number {
  return (Math.imul(row + 1, 0x9e37_79b1) ^ Math.imul(table, 0x85eb_ca6b)) >>> 0;
}
