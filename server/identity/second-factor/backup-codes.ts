import { randomInt } from "node:crypto";
import { BACKUP_CODE_CHARACTERS, BACKUP_CODES } from "@basalt/contract";
import type { Scope } from "#kernel";
import { hmac } from "../derived-keys.ts";
import { identityOf } from "../state.ts";
import { deleteBackupCodes, insertBackupCodes, useBackupCode } from "./second-factor.sql.ts";

/** Without letters and digits that look alike: 40 bits a code. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** Replaces the codes of a user; answers the new ones, which are kept as hashes only. */
export async function replaceBackupCodes(tx: Scope, userId: string): Promise<readonly string[]> {
  const codes = new Set<string>();
  while (codes.size < BACKUP_CODES) {
    codes.add(newCode());
  }
  await tx.db.run(deleteBackupCodes(userId));
  await tx.db.run(
    insertBackupCodes(
      userId,
      [...codes].map((code) => hashOf(tx, userId, code)),
    ),
  );
  return [...codes];
}

/** True where the text is an unused code of the user, which it now no longer is. */
export async function spendBackupCode(tx: Scope, userId: string, text: string): Promise<boolean> {
  const code = text.replaceAll(/[\s-]/g, "").toUpperCase();
  if (code.length !== BACKUP_CODE_CHARACTERS) {
    return false;
  }
  return (await tx.db.run(useBackupCode(userId, hashOf(tx, userId, code), tx.now()))) > 0;
}

function newCode(): string {
  return Array.from(
    { length: BACKUP_CODE_CHARACTERS },
    () => ALPHABET[randomInt(ALPHABET.length)],
  ).join("");
}

function hashOf(scope: Scope, userId: string, code: string): Buffer {
  return hmac(identityOf(scope).keys.backupCode, `${userId}:${code}`);
}
