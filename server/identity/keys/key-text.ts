import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { KEY_PATTERN } from "@basalt/contract";
import { newId } from "#kernel";

const SECRET_BYTES = 28;
const CHECK_DIGITS = 8;
const SHOWN_FIRST = 8;
const SHOWN_LAST = 4;

/** A new key: its id, a dot, 56 random hex digits and the CRC-32 of all that, so that a mistyped key needs no query. */
export function newKeyText(): { readonly id: `pat${string}`; readonly text: string } {
  const id = newId("pat");
  const body = `${id}.${randomBytes(SECRET_BYTES).toString("hex")}`;
  return { id, text: body + check(body) };
}

/** True where the text has the form of a key and its check digits are right. */
export function isKeyText(text: string): boolean {
  return (
    KEY_PATTERN.test(text) && check(text.slice(0, -CHECK_DIGITS)) === text.slice(-CHECK_DIGITS)
  );
}

/** What is kept of a key. */
export function keyHash(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** How a key is shown after the first time: first 8 … last 4 characters. */
export function maskKey(text: string): string {
  return `${text.slice(0, SHOWN_FIRST)}…${text.slice(-SHOWN_LAST)}`;
}

function check(body: string): string {
  return crc32(body).toString(16).padStart(CHECK_DIGITS, "0");
}
