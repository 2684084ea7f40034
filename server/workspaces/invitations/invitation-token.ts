import { hash, randomBytes } from "node:crypto";

const TOKEN_BYTES = 32;

/** 256 random bits; the prefix tells a person, and a scanner, what was found. */
export function newInvitationToken(): string {
  return `inv_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
}

/** What is kept of a token. */
export function tokenHash(token: string): Buffer {
  return hash("sha256", token, "buffer");
}

/** Where a person opens it. The token is behind the `#`, so it stays out of the logs of servers and proxies. */
export function invitationUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/invite#${token}`;
}
