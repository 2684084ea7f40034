import { createHmac, hkdfSync } from "node:crypto";
import type { Scope } from "#kernel";
import type { SealRow } from "./seal-acts.sql.ts";

const KEY_BYTES = 32;
const KEY_ID_CHARACTERS = 12;

/** What the first seal of all follows. */
export const GENESIS = "00".repeat(KEY_BYTES);

/** The key that seals are made with; the database does not have it. */
export interface SealKey {
  readonly key: Buffer;
  /** Tells one secret from another and nothing about either. */
  readonly id: string;
}

/** Made from the root secret. */
export function sealKey({ config }: Pick<Scope, "config">): SealKey {
  const key = Buffer.from(hkdfSync("sha256", config.secret, "basalt", "audit.seal", KEY_BYTES));
  const id = createHmac("sha256", key).update("id").digest("hex").slice(0, KEY_ID_CHARACTERS);
  return { key, id };
}

/** The code over everything that a seal says, chained to the one before. Hex. */
export function macOf({ key }: SealKey, seal: Omit<SealRow, "id" | "mac" | "keyId">): string {
  const { at, month, seqs, entries, digest, previous } = seal;
  return createHmac("sha256", key)
    .update(JSON.stringify([at.toISOString(), month, seqs, entries, digest, previous]))
    .digest("hex");
}
