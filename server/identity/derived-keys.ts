import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keys made from the root secret, one for each purpose, so that none can stand in for another. */
export interface DerivedKeys {
  /** Signs session tokens. */
  readonly session: Buffer;
  /** Encrypts the secrets of second factors. */
  readonly secondFactor: Buffer;
  /** Peppers the hashes of backup codes. */
  readonly backupCode: Buffer;
}

export function deriveKeys(secret: string): DerivedKeys {
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync("sha256", secret, "basalt", `identity.${purpose}`, KEY_BYTES));
  return {
    session: derive("session"),
    secondFactor: derive("second-factor"),
    backupCode: derive("backup-code"),
  };
}

/** AES-256-GCM; `owner` is bound in, so that a value copied to another row does not open. */
export function seal(key: Buffer, owner: string, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(owner));
  return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** The text that was sealed; throws when the key, the owner or a byte differs. */
export function unseal(key: Buffer, owner: string, sealed: Uint8Array): string {
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([
    decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
    decipher.final(),
  ]).toString("utf8");
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
