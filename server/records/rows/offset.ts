import { createHmac, timingSafeEqual } from "node:crypto";
import { isId, type Scope } from "#kernel";
import { badOffset, offsetExpired } from "./problems.ts";

/**
 * Where the next page of an unsorted listing begins: after the record with this number. The text is shaped like
 * Airtable's, `itr` + 14 + `/` + record id, and carries all it needs: minutes since 2025 (21 bits), the number (35 bits),
 * and 23 bits of a MAC over them, the base, the table and the record, so that it survives restarts and cannot be bent.
 */
export interface Position {
  /** `auto_number` of the last record that was given. */
  readonly after: number;
  readonly recordId: string;
}

/** An offset works so long, minutes. The contract asks for ten at least. */
export const OFFSET_LIFE_MINUTES = 60;

const EPOCH_MS = Date.UTC(2025, 0, 1);
const MINUTES_MAX = 2 ** 21;
const NUMBER_BITS = 35n;
const PAYLOAD_CHARS = 10;
const MAC_CHARS = 4;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** What a listing is of; an offset of one is refused by another. */
export interface Listing {
  readonly baseId: string;
  readonly tableId: string;
}

export function writeOffset(
  scope: Pick<Scope, "config" | "now">,
  listing: Listing,
  { after, recordId }: Position,
): string {
  const minutes = BigInt(minutesOf(scope.now()));
  const payload = toText((minutes << NUMBER_BITS) | BigInt(after), PAYLOAD_CHARS);
  return `itr${payload}${macOf(scope, listing, `${payload}/${recordId}`)}/${recordId}`;
}

/** Problems: `records.bad-offset`, `records.offset-expired`. */
export function readOffset(
  scope: Pick<Scope, "config" | "now">,
  listing: Listing,
  offset: string,
): Position {
  const { iterator, recordId } = offsetParts(offset);
  const payload = iterator.slice(3, 3 + PAYLOAD_CHARS);
  const mac = iterator.slice(3 + PAYLOAD_CHARS);
  const wanted = macOf(scope, listing, `${payload}/${recordId}`);
  if (!timingSafeEqual(Buffer.from(mac), Buffer.from(wanted))) {
    throw offsetExpired();
  }
  const value = fromText(payload);
  const age = (minutesOf(scope.now()) - Number(value >> NUMBER_BITS) + MINUTES_MAX) % MINUTES_MAX;
  if (age > OFFSET_LIFE_MINUTES) {
    throw offsetExpired();
  }
  return { after: Number(value & ((1n << NUMBER_BITS) - 1n)), recordId };
}

/** The two ids of an offset. Problem: `records.bad-offset`. */
export function offsetParts(offset: string): {
  readonly iterator: string;
  readonly recordId: string;
} {
  const [iterator, recordId, more] = offset.split("/");
  if (!isId("itr", iterator) || !isId("rec", recordId) || more !== undefined) {
    throw badOffset(offset);
  }
  return { iterator, recordId };
}

function minutesOf(at: Date): number {
  return Math.floor((at.getTime() - EPOCH_MS) / 60_000) % MINUTES_MAX;
}

function macOf(
  { config }: Pick<Scope, "config">,
  { baseId, tableId }: Listing,
  text: string,
): string {
  const mac = createHmac("sha256", `${config.secret}/offsets`)
    .update(`${baseId}/${tableId}/${text}`)
    .digest();
  return toText(BigInt(mac.readUInt32BE(0) % ALPHABET.length ** MAC_CHARS), MAC_CHARS);
}

function toText(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) {
    text = `${ALPHABET[Number(rest % 62n)] ?? ""}${text}`;
  }
  return text;
}

function fromText(text: string): bigint {
  let value = 0n;
  for (const letter of text) {
    value = value * 62n + BigInt(ALPHABET.indexOf(letter));
  }
  return value;
}
