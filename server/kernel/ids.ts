import { randomFillSync } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BODY_LENGTH = 14;

/** Prefixes of Airtable's ids, and ours in the same shape. Source: contract section 2. */
export type IdPrefix =
  | "app"
  | "tbl"
  | "fld"
  | "viw"
  | "rec"
  | "sel"
  | "att"
  | "wsp"
  | "usr"
  | "com"
  | "itr"
  | "pat"
  | "ses"
  | "inv"
  | "grt"
  | "shr"
  | "req"
  | "lnk"
  | "ugp"
  | "men";

const pool = new Uint8Array(4096);
let used = pool.length;

/** An id: the prefix and 14 characters of `[A-Za-z0-9]`, from the cryptographic generator (83 bits). */
export function newId<P extends IdPrefix>(prefix: P): `${P}${string}` {
  let body = "";
  while (body.length < BODY_LENGTH) {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const byte = pool[used++] ?? 0;
    // 248 = 4 * 62: bytes above would favour the first letters.
    if (byte < 248) {
      body += ALPHABET[byte % 62] ?? "";
    }
  }
  return `${prefix}${body}`;
}

/** True where the text is the prefix and 14 alphanumerics: the shape, not the existence. */
export function isId<P extends IdPrefix>(prefix: P, text: unknown): text is `${P}${string}` {
  return (
    typeof text === "string" &&
    text.length === 17 &&
    text.startsWith(prefix) &&
    /^[A-Za-z0-9]{17}$/.test(text)
  );
}
