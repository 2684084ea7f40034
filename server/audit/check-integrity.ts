import { INTEGRITY_PROBLEMS_MAX, type integrityReport } from "@basalt/contract";
import { requireAdmin } from "#identity";
import type { Scope } from "#kernel";
import type { z } from "zod";
import { readActs } from "./find-acts.ts";
import { GENESIS, macOf, sealKey } from "./seal.ts";
import { heldByOwner, sealsAfter, unsealedActs, type SealRow } from "./seal-acts.sql.ts";

export type IntegrityReport = z.infer<typeof integrityReport>;
type Finding = IntegrityReport["problems"][number];

/** Seals checked by one statement. */
const SEALS_AT_ONCE = 20;
/** The acts of ageing that say where the chain may begin anew; one a month, so more than all that can be kept. */
const DROPS_MAX = 1_000;

interface CheckedSeal extends SealRow {
  readonly foundDigest: string;
  readonly foundEntries: number;
}

/**
 * Checks every seal against the acts as they are now and against the seal before it. For administrators of the instance
 * and for the program itself.
 * Problems: `identity.administrator-required`, `identity.scope-required`, `kernel.not-signed-in`.
 */
export async function checkIntegrity(scope: Scope): Promise<IntegrityReport> {
  requireAdmin(scope, "enterprise.auditLogs:read");
  const { held } = await scope.db.one<{ held: boolean }>(heldByOwner());
  const found: Finding[] = [];
  const starts = await droppedSeals(scope);
  let previous: CheckedSeal | undefined;
  let seals = 0;
  let entries = 0;
  for (;;) {
    scope.signal.throwIfAborted();
    const page: readonly CheckedSeal[] = await scope.db.all(
      sealsAfter(previous?.id ?? 0, SEALS_AT_ONCE),
    );
    for (const seal of page) {
      const what = findingOf(scope, seal, { previous, starts });
      if (what === undefined) {
        entries += seal.entries;
      } else {
        found.push({ seal: seal.id, what, seqs: seal.seqs });
      }
      previous = seal;
      seals += 1;
    }
    if (page.length < SEALS_AT_ONCE) {
      break;
    }
  }
  const unsealed = await scope.db.one<{ count: number; belowNewest: string }>(unsealedActs());
  if (unsealed.belowNewest !== "{}") {
    found.push({ seal: null, what: "not-sealed", seqs: unsealed.belowNewest });
  }
  return {
    ok: found.length === 0,
    seals,
    entries,
    unsealed: unsealed.count,
    heldBy: held ? "owner" : "triggers",
    newestSeal: previous
      ? { id: previous.id, at: previous.at.toISOString(), mac: previous.mac }
      : null,
    problems: found.slice(0, INTEGRITY_PROBLEMS_MAX),
    problemsLeftOut: Math.max(0, found.length - INTEGRITY_PROBLEMS_MAX),
  };
}

function findingOf(
  scope: Scope,
  seal: CheckedSeal,
  { previous, starts }: { previous: CheckedSeal | undefined; starts: ReadonlySet<string> },
): Finding["what"] | undefined {
  const key = sealKey(scope);
  if (seal.keyId !== key.id) {
    return "other-secret";
  }
  if (macOf(key, seal) !== seal.mac) {
    return "seal-changed";
  }
  if (seal.foundDigest !== seal.digest || seal.foundEntries !== seal.entries) {
    return "acts-changed";
  }
  const follows = seal.previous === (previous?.mac ?? GENESIS) || starts.has(seal.previous);
  return follows ? undefined : "chain-broken";
}

/** Codes of seals that went with their month: an act, itself sealed, says so. */
async function droppedSeals(scope: Scope): Promise<ReadonlySet<string>> {
  const { acts } = await readActs(scope, { act: "audit.month-dropped" }, { limit: DROPS_MAX });
  return new Set(acts.flatMap(({ details }) => (details?.["macs"] as string[] | undefined) ?? []));
}
