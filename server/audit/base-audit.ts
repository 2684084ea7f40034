import { userProfiles } from "#identity";
import { isId, type Scope } from "#kernel";
import { allow, notFound } from "#workspaces";
import { changesBefore, type ChangeEntry, type ChangeFilters } from "./base-audit.sql.ts";
import { actsBefore, type ActEntry } from "./find-acts.sql.ts";

/** A change with who made it. */
export interface AuditedChange extends ChangeEntry {
  readonly kind: "change";
  readonly actorName: string | null;
}

/** One line of a base's audit. */
export type AuditedEntry = AuditedChange | (ActEntry & { readonly kind: "act" });

/** How far a page reached in both logs. */
export interface AuditPlace {
  readonly txn: number;
  readonly seq: number;
  /** Of the log of acts. */
  readonly act: number;
}

export interface BaseAuditPage {
  readonly entries: readonly AuditedEntry[];
  readonly next: AuditPlace | undefined;
}

export interface BaseAuditQuestion extends ChangeFilters {
  readonly baseId: string;
  readonly limit: number;
  readonly before?: AuditPlace | undefined;
}

/** Above every place. */
const TOP: AuditPlace = {
  txn: Number.MAX_SAFE_INTEGER,
  seq: 0,
  act: Number.MAX_SAFE_INTEGER,
};

/**
 * Changes of a base's records and schema joined with the acts that concern it, newest first. Asking for one table or record
 * leaves the acts out: they are about the base. Takes somebody who governs the base and may read it.
 * Problems: those of `allow`.
 */
export async function baseAudit(
  scope: Scope,
  { baseId, limit, before = TOP, ...filters }: BaseAuditQuestion,
): Promise<BaseAuditPage> {
  if (!isId("app", baseId)) {
    throw notFound();
  }
  await allow(scope, "audit.read", { baseId });
  await allow(scope, "records.read", { baseId });
  const changes = await scope.db.all<ChangeEntry>(
    changesBefore(baseId, filters, { before, limit: limit + 1 }),
  );
  const acts = aboutRows(filters)
    ? []
    : await scope.db.all<ActEntry>(
        actsBefore({ ...filters, base: baseId }, { before: before.act, limit: limit + 1 }),
      );
  const shown = merged(changes, acts).slice(0, limit);
  const names = await namesOf(scope, shown);
  return {
    entries: shown.map((entry) =>
      "txn" in entry
        ? { kind: "change", ...entry, actorName: names.get(entry.actorId ?? "") ?? null }
        : { kind: "act", ...entry },
    ),
    next: changes.length + acts.length > limit ? reached(shown, before) : undefined,
  };
}

function aboutRows({ table, record }: ChangeFilters): boolean {
  return table !== undefined || record !== undefined;
}

/** Both are newest first; so is what comes of them, each log in its own order. */
function merged(
  changes: readonly ChangeEntry[],
  acts: readonly ActEntry[],
): (ChangeEntry | ActEntry)[] {
  const both: (ChangeEntry | ActEntry)[] = [];
  for (let c = 0, a = 0; c < changes.length || a < acts.length;) {
    const [change, act] = [changes[c], acts[a]];
    if (act === undefined || (change !== undefined && change.at >= act.at)) {
      both.push(...changes.slice(c, ++c));
    } else {
      both.push(...acts.slice(a, ++a));
    }
  }
  return both;
}

function reached(shown: readonly (ChangeEntry | ActEntry)[], before: AuditPlace): AuditPlace {
  const change = shown.findLast((entry) => "txn" in entry);
  const act = shown.findLast((entry) => !("txn" in entry));
  return {
    txn: change?.txn ?? before.txn,
    seq: change?.seq ?? before.seq,
    act: act?.seq ?? before.act,
  };
}

async function namesOf(
  scope: Scope,
  shown: readonly (ChangeEntry | ActEntry)[],
): Promise<ReadonlyMap<string, string>> {
  const ids = shown.flatMap((entry) =>
    "txn" in entry && entry.actorId !== null ? [entry.actorId] : [],
  );
  const profiles = await userProfiles(scope, [...new Set(ids)]);
  return new Map([...profiles].map(([id, { name }]) => [id, name]));
}
