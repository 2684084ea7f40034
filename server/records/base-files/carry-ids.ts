import { hash, randomBytes } from "node:crypto";
import type { IdPrefix } from "#kernel";
import type { IdMap } from "../bases/base-definition.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BODY_LENGTH = 14;

/** From an id of the content to the one in the new base; the same id gives the same one. */
export type CarryId = (prefix: IdPrefix, id: string) => string;

/**
 * Ids of records, comments and files in the new base: worked out from the old id and a key of this import, so that
 * nothing has to be remembered however many there are.
 */
export function carryIds(keepIds: boolean): CarryId {
  if (keepIds) {
    return (_prefix, id) => id;
  }
  const key = randomBytes(32).toString("hex");
  return (prefix, id) => `${prefix}${bodyOf(key, id)}`;
}

/** The same, with the ids of the schema that are known. */
export function withKnownIds(carry: CarryId, known: IdMap): CarryId {
  return (prefix, id) => known.get(id) ?? carry(prefix, id);
}

/** 14 letters and digits out of 124 bits. */
function bodyOf(key: string, id: string): string {
  const digest = hash("sha256", key + id, "buffer");
  let rest = (digest.readBigUInt64LE(0) << 60n) ^ digest.readBigUInt64LE(8);
  let body = "";
  while (body.length < BODY_LENGTH) {
    body += ALPHABET[Number(rest % 62n)] ?? "";
    rest /= 62n;
  }
  return body;
}
