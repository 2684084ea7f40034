import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  randomBytes,
  hash as digest,
} from "node:crypto";
import type { Db } from "./db/db.ts";
import {
  deleteOldAnswers,
  lockKey,
  storeAnswer,
  type StoredRow,
  storedAnswer,
} from "./idempotency.sql.ts";
import { Problem } from "./problem.ts";
import type { Actor, IdempotencyTicket, Scope, StoredAnswer, World } from "./scope.ts";

/** How long an answer can be asked for again, milliseconds. */
export const IDEMPOTENCY_KEPT_MS = 24 * 60 * 60 * 1_000;
/** Characters of a key. */
export const IDEMPOTENCY_KEY_MAX_CHARACTERS = 255;
/** After how long a caller may ask again for an answer that is still being made. */
const RETRY_AFTER_S = 1;

/** Thrown by `begin` where the call was made before: the answer of then is the answer of now. */
export class IdempotentReplay extends Error {
  readonly answer: StoredAnswer;

  constructor(answer: StoredAnswer) {
    super("this call was answered before");
    this.name = "IdempotentReplay";
    this.answer = answer;
  }
}

export interface KeyedRequest {
  readonly key: string;
  readonly actor: Actor;
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly body: Uint8Array;
}

/** A ticket, and what the gateway alone does with it. */
export interface Ticket extends IdempotencyTicket {
  /** Names key and caller together. */
  readonly id: string;
  /**
   * A look before anything runs, outside a transaction. Throws `IdempotentReplay` when the answer is there.
   * Problems: `kernel.idempotency-mismatch`.
   */
  look(db: Db): Promise<void>;
}

/**
 * The ticket of a keyed call. There is no reservation: the transaction of the change takes a lock on the key, looks for a
 * stored answer, does its work, stores the answer and commits, so a crash at any moment leaves both or neither. Only
 * answers of changes that were committed are stored; a call that failed may be repeated under its key.
 * Bodies are stored encrypted under the instance's secret, because some answers hold tokens.
 * Problems: `kernel.idempotency-key`.
 */
export function ticketFor(world: World, request: KeyedRequest): Ticket {
  const { key } = request;
  if (
    key.length === 0 ||
    key.length > IDEMPOTENCY_KEY_MAX_CHARACTERS ||
    !/^[\x20-\x7e]+$/.test(key)
  ) {
    throw new Problem("invalid", "kernel.idempotency-key", {
      message: `An Idempotency-Key has 1 to ${IDEMPOTENCY_KEY_MAX_CHARACTERS} printable ASCII characters.`,
    });
  }
  const principal = principalOf(request.actor);
  const requestHash = hashOf(request);
  const notBefore = (): Date => new Date(world.now().getTime() - IDEMPOTENCY_KEPT_MS);
  const look = async (db: Db): Promise<void> => {
    const row = await db.maybe<StoredRow>(storedAnswer(principal, key, notBefore()));
    if (row === undefined) {
      return;
    }
    if (row.request_hash !== requestHash) {
      throw new Problem("invalid", "kernel.idempotency-mismatch", {
        message: "This Idempotency-Key was used for another request; take a new one.",
      });
    }
    const { status, headers } = row;
    throw new IdempotentReplay({ status, headers, body: unseal(world.config.secret, row.body) });
  };
  return {
    key,
    id: `${principal}\n${key}`,
    look,
    begin: async (tx) => {
      const { locked } = await tx.one<{ locked: boolean }>(lockKey(principal, key));
      if (!locked) {
        throw stillRunning();
      }
      await look(tx);
    },
    finish: async (tx, { status, headers, body }) => {
      const row = {
        status,
        headers: JSON.stringify(headers),
        body: seal(world.config.secret, body),
      };
      await tx.run(storeAnswer({ principal, key, requestHash, at: world.now(), ...row }));
    },
  };
}

/** The answer to a call whose first copy has not ended. */
export function stillRunning(): Problem {
  return new Problem("conflict", "kernel.idempotency-running", {
    message: "The first request with this Idempotency-Key is still running.",
    retryAfterS: RETRY_AFTER_S,
  });
}

/** Forgets answers that are older than a day. Answers how many. */
export async function sweepIdempotencyKeys(
  scope: Pick<Scope, "db" | "now" | "signal">,
): Promise<number> {
  const before = new Date(scope.now().getTime() - IDEMPOTENCY_KEPT_MS);
  let total = 0;
  for (;;) {
    const deleted = await scope.db.run(deleteOldAnswers(before));
    total += deleted;
    if (deleted === 0 || scope.signal.aborted) {
      return total;
    }
  }
}

/** Whose key it is: two users, and two tokens of one user, never meet. Sessions of one user are one caller. */
function principalOf(actor: Actor): string {
  if (actor.kind === "user") {
    const { userId, credential } = actor;
    return credential.kind === "key" ? `${userId}:${credential.keyId}` : userId;
  }
  if (actor.kind === "system") {
    return `system:${actor.name}`;
  }
  throw new Error("an anonymous call has no idempotency ticket");
}

function hashOf({ method, target, body }: KeyedRequest): string {
  const head = Buffer.from(`${method}\n${target}\n`);
  return digest("sha256", Buffer.concat([head, body]), "base64url");
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
let derived: { readonly secret: string; readonly key: Buffer } | undefined;

/** AES-256-GCM: nonce, tag, text; in base64, because the column is text. */
function seal(secret: string, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", sealingKey(secret), nonce);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
}

function unseal(secret: string, sealed: string): string {
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv(
    "aes-256-gcm",
    sealingKey(secret),
    bytes.subarray(0, NONCE_BYTES),
    {
      authTagLength: TAG_BYTES,
    },
  );
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return (
    decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, "utf8") +
    decipher.final("utf8")
  );
}

/** Derived once: the secret of an instance does not change while it runs. */
function sealingKey(secret: string): Buffer {
  if (derived?.secret !== secret) {
    derived = {
      secret,
      key: Buffer.from(hkdfSync("sha256", secret, "", "basalt idempotency answers", 32)),
    };
  }
  return derived.key;
}
