import { hash, verify } from "@node-rs/argon2";

/** Argon2id (2 in the library's numbering) at OWASP's recommendation: 19 MiB, two passes, one lane. */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hash of a random password that nobody knows: unknown accounts are checked against it, so they take as long as known ones. */
const NOBODY =
  "$argon2id$v=19$m=19456,t=2,p=1$6Mb376YouoSiooSm49dbUQ$m6pPM0Un6RGt+DnBKaZmijwrC3FV1avBJs2q2UPlLUE";

/** The hash to keep, in PHC form. Runs on a thread of the pool; take a hash slot first. */
export async function hashPassword(password: string): Promise<string> {
  return hash(normal(password), PARAMETERS);
}

/** True where it is the password of the hash; takes as long where there is none. Take a hash slot first. */
export async function verifyPassword(
  kept: string | null | undefined,
  password: string,
): Promise<boolean> {
  const right = await verify(kept ?? NOBODY, normal(password));
  return right && typeof kept === "string";
}

/** One form for what looks alike: keyboards differ in how they compose letters. Source: NIST SP 800-63B, 5.1.1.2. */
function normal(password: string): string {
  return password.normalize("NFKC");
}
