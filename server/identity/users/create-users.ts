import { createUserBody } from "@basalt/contract";
import { inTransaction, noteActs, parseWith, Problem, type Scope } from "#kernel";
import { welcomeMail } from "../mail-texts.ts";
import { issueOneTimeToken } from "../one-time-tokens.ts";
import { requireAdmin } from "../require.ts";
import { inBackground } from "../state.ts";
import { createUser, emailTaken, newUserRow, userMade, type NewUser } from "./create-user.ts";
import { insertUsers, type NewUserRow, type UserRow } from "./users.sql.ts";

/** Passwords of one call that are hashed at once: sign-ins keep their slots. */
const HASHES_AT_ONCE = 2;

/** What became of one row, in the order of the rows. */
export type UserOutcome = MadeUser | FailedUser;

interface MadeUser {
  readonly index: number;
  readonly status: "created";
  readonly id: string;
  readonly email: string;
}

interface FailedUser {
  readonly index: number;
  readonly status: "failed";
  readonly code: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Makes one user as an administrator; without a password they get a mail to choose one.
 * Problems: `identity.administrator-required`, `identity.email-taken`, `identity.busy`.
 */
export async function createUserAsAdmin(scope: Scope, user: NewUser): Promise<UserRow> {
  requireAdmin(scope, "enterprise.user:write");
  const made = await createUser(scope, user);
  if (user.password === undefined) {
    welcome(scope, [made]);
  }
  return made;
}

/**
 * Makes many users; a row that is wrong, or whose e-mail is taken, fails alone. All that can be made are made in one
 * statement, so a call that is cut off made either all of them or none.
 * Problems: `identity.administrator-required`, `identity.busy`.
 */
export async function createUsers(
  scope: Scope,
  rows: readonly unknown[],
): Promise<readonly UserOutcome[]> {
  requireAdmin(scope, "enterprise.user:write");
  const outcomes: UserOutcome[] = [];
  const wanted: { readonly index: number; readonly user: NewUser }[] = [];
  for (const [index, row] of rows.entries()) {
    try {
      wanted.push({ index, user: parseWith(createUserBody, row) });
    } catch (error) {
      outcomes.push(failed(index, error));
    }
  }
  outcomes.push(...(await insertAll(scope, wanted)));
  return outcomes.toSorted((a, b) => a.index - b.index);
}

async function insertAll(
  scope: Scope,
  wanted: readonly { readonly index: number; readonly user: NewUser }[],
): Promise<UserOutcome[]> {
  const rows = await hashAll(
    scope,
    wanted.map(({ user }) => user),
  );
  const ids = rows.length === 0 ? new Set<string>() : await insertRows(scope, rows);
  welcome(
    scope,
    rows.filter((row) => row.passwordHash === null && ids.has(row.id)),
  );
  return rows.map((row, position): UserOutcome => {
    const index = wanted[position]?.index ?? position;
    return ids.has(row.id)
      ? { index, status: "created", id: row.id, email: row.email }
      : failed(index, emailTaken());
  });
}

/** Those of the rows that could be made. */
async function insertRows(scope: Scope, rows: readonly NewUserRow[]): Promise<ReadonlySet<string>> {
  return inTransaction(scope, async (tx) => {
    const made = await tx.db.all<{ id: string }>(insertUsers(rows));
    const ids = new Set(made.map(({ id }) => id));
    await noteActs(
      tx,
      rows.filter(({ id }) => ids.has(id)).map((row) => userMade(tx, row)),
    );
    return ids;
  });
}

function failed(index: number, error: unknown): FailedUser {
  if (!(error instanceof Problem)) {
    throw error;
  }
  const { code, message, details } = error;
  return { index, status: "failed", code, message, fields: details.fields ?? {} };
}

async function hashAll(scope: Scope, users: readonly NewUser[]): Promise<NewUserRow[]> {
  const rows: NewUserRow[] = [];
  for (let from = 0; from < users.length; from += HASHES_AT_ONCE) {
    if (scope.signal.aborted) {
      throw new Problem("unavailable", "identity.cut-off", {
        message: "The time for the request was over; nothing was made.",
      });
    }
    rows.push(
      ...(await Promise.all(
        users.slice(from, from + HASHES_AT_ONCE).map((user) => newUserRow(scope, user)),
      )),
    );
  }
  return rows;
}

/** A mail with a token to choose a password, one after the other, which nobody waits for. */
function welcome(
  scope: Scope,
  users: readonly { readonly id: string; readonly email: string; readonly name: string }[],
): void {
  if (users.length === 0) {
    return;
  }
  inBackground(scope, "welcome mails", async (later) => {
    for (const { id, email, name } of users) {
      const token = await issueOneTimeToken(later, "reset-password", id);
      await later.mail.send(
        welcomeMail({ to: email, name, publicUrl: later.config.publicUrl, token }),
      );
    }
  });
}
