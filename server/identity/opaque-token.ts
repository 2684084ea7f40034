import { hash, randomBytes } from "node:crypto";

const TOKEN_BYTES = 32;

/** Prefixes of tokens that mean something only to the place that made them; they tell a person, and a scanner, what was found. */
export type OpaquePrefix = "ref" | "rst" | "vfy" | "sfa";

/** A token of 256 random bits, and the hash that is kept of it. */
export function newOpaqueToken(prefix: OpaquePrefix): {
  readonly token: string;
  readonly hash: Buffer;
} {
  const token = `${prefix}_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
  return { token, hash: opaqueHash(token) };
}

/** What is kept of a token. */
export function opaqueHash(token: string): Buffer {
  return hash("sha256", token, "buffer");
}
