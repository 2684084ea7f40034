import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/** Reads `secrets/{name}` of the data directory; undefined when there is none. */
export async function readSecretFile(dataDir: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(fileOf(dataDir, name), "utf8")).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/**
 * Reads `secrets/{name}`, or makes it: 32 random bytes as base64url in a file that only its owner may read. Two processes
 * that make it at once end up with the same one.
 */
export async function secretFile(dataDir: string, name: string): Promise<string> {
  const existing = await readSecretFile(dataDir, name);
  if (existing) {
    return existing;
  }
  await mkdir(path.join(dataDir, "secrets"), { recursive: true, mode: 0o700 });
  const file = fileOf(dataDir, name);
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const made = randomBytes(32).toString("base64url");
  await writeFile(draft, `${made}\n`, { mode: 0o600, flush: true });
  try {
    await link(draft, file);
    return made;
  } catch (error) {
    const other = await readSecretFile(dataDir, name);
    if (other) {
      return other;
    }
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function fileOf(dataDir: string, name: string): string {
  return path.join(dataDir, "secrets", name);
}
