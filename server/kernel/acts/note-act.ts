import type { Sql } from "../db/sql.ts";
import type { Actor, Scope } from "../scope.ts";
import { hideFields, hideInText } from "../secrets-in-text.ts";
import { type ActRow, insertAct, insertActs } from "./note-act.sql.ts";

/** Characters kept of each text that a caller chose. */
const TEXT_KEPT_CHARACTERS = 300;
/** Size of the details of one act as JSON; larger ones are replaced by a note of their size. */
const DETAILS_MAX_CHARACTERS = 8_000;

/** Something that was done, or tried, and that somebody may have to answer for. */
export interface Act {
  /** Module and what was done: `identity.signed-in`. Listed in `docs/acts.md`. */
  readonly act: `${string}.${string}`;
  /** What it was done to. */
  readonly target?: ActTarget | undefined;
  readonly workspaceId?: string | undefined;
  readonly baseId?: string | undefined;
  /** Who did it, where the scope does not know yet: whoever signs in. */
  readonly by?: { readonly userId: string; readonly email: string } | undefined;
  /** What changed, best as `before` and `after`. Never a secret: names that look like one are hidden all the same. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export interface ActTarget {
  /** `user`, `session`, `key`, `workspace`, `base`, `table`, `field`, `view`, `invitation`, `grant`, `route`, `instance`... */
  readonly kind: string;
  readonly id?: string | undefined;
  /** As people knew it then: it may be renamed or deleted later. */
  readonly name?: string | undefined;
}

/** What of a scope an act is written with: who, from where, in which transaction. */
export type NotingScope = Pick<
  Scope,
  "db" | "actor" | "address" | "requestId" | "source" | "now" | "userAgent"
>;

/**
 * Writes down an act that succeeded, in the transaction of the act itself: call it inside `inTransaction`, with the scope
 * that it gives. One statement. The log only grows: the application's role can neither change nor remove a row.
 */
export async function noteAct(scope: NotingScope, act: Act): Promise<void> {
  await scope.db.run(actStatement(scope, act));
}

/** Several acts of one call, such as the users of a bulk import, in one statement. */
export async function noteActs(scope: NotingScope, acts: readonly Act[]): Promise<void> {
  if (acts.length > 0) {
    await scope.db.run(insertActs(acts.map((act) => actRow(scope, act))));
  }
}

/** The same as a statement, for a pipeline. */
export function actStatement(scope: NotingScope, act: Act): Sql {
  return insertAct(actRow(scope, act));
}

/** The row of an act; `noteRefusal` adds the outcome. */
export function actRow(scope: NotingScope, act: Act): ActRow {
  const { target } = act;
  return {
    at: scope.now(),
    act: act.act,
    outcome: "ok",
    reason: null,
    ...(act.by === undefined ? actorColumns(scope.actor) : signedInColumns(act.by)),
    targetKind: target?.kind ?? null,
    targetId: plain(target?.id),
    targetName: plain(target?.name),
    workspaceId: act.workspaceId ?? null,
    baseId: act.baseId ?? null,
    address: plain(scope.address) ?? "",
    userAgent: plain(scope.userAgent) ?? "",
    requestId: plain(scope.requestId) ?? "",
    source: scope.source,
    times: 1,
    details: detailsText(act.details),
  };
}

type ActorColumns = Pick<
  ActRow,
  "actorKind" | "actorId" | "actorName" | "credentialKind" | "credentialId"
>;

function actorColumns(actor: Actor): ActorColumns {
  if (actor.kind !== "user") {
    return {
      actorKind: actor.kind,
      actorId: null,
      actorName: actor.kind === "system" ? actor.name : null,
      credentialKind: null,
      credentialId: null,
    };
  }
  const { credential } = actor;
  return {
    actorKind: "user",
    actorId: actor.userId,
    actorName: plain(actor.email),
    credentialKind: credential.kind,
    credentialId: credential.kind === "session" ? credential.sessionId : credential.keyId,
  };
}

function signedInColumns({ userId, email }: NonNullable<Act["by"]>): ActorColumns {
  return {
    actorKind: "user",
    actorId: userId,
    actorName: plain(email),
    credentialKind: null,
    credentialId: null,
  };
}

function detailsText(details: Act["details"]): string | null {
  if (details === undefined || Object.keys(details).length === 0) {
    return null;
  }
  const text = JSON.stringify(hideFields({ ...details }), (_name, value: unknown) =>
    typeof value === "string" ? whole(hideInText(value)) : value,
  );
  return text.length <= DETAILS_MAX_CHARACTERS
    ? text
    : JSON.stringify({ leftOut: "too large", characters: text.length });
}

/** Text that PostgreSQL can hold, cut to what is kept. */
function plain(text: string | undefined): string | null {
  return text === undefined ? null : whole(hideInText(text).slice(0, TEXT_KEPT_CHARACTERS));
}

function whole(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
