import { USAGE_DAYS_MAX, USAGE_ROWS_MAX } from "@basalt/contract";
import { requireAdmin, requireUser } from "#identity";
import { Problem, type Scope } from "#kernel";
import { allow } from "#workspaces";
import { showQuotas, type QuotaView } from "../quotas/show-quotas.ts";
import { catchUp } from "../quotas/held.ts";
import { heldOf, type HeldRow } from "../quotas/held.sql.ts";
import {
  heaviestWorkspaces,
  totalsOfWorkspace,
  usageOfCaller,
  usageOfWorkspace,
  type AskedUsage,
  type TotalRow,
} from "./usage.sql.ts";
import { periodsAt } from "./write-usage.ts";

const DAY_MS = 24 * 3_600_000;
/** Where no range is asked for: this many days back, or months. */
const DAYS_SHOWN = 30;
const MONTHS_SHOWN = 12;

/** Bases that are counted for a look at the usage of their workspace. */
const COUNTED_FOR_LOOK = 50;

/** Which days or months; dates, the last one included. */
export interface AskedPeriods {
  readonly period: "day" | "month";
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A row as it goes out. */
export interface ShownUsage {
  readonly starts: string;
  readonly workspaceId: string | null;
  readonly baseId: string | null;
  readonly userId: string;
  readonly keyId: string | null;
}

/** Rows, and whether there were more than an answer holds. */
export interface UsagePage {
  readonly rows: readonly ShownUsage[];
  readonly more: boolean;
}

/** What a workspace uses and holds, and how far its bounds are used. */
export interface WorkspaceUsage extends UsagePage {
  readonly totals: readonly (TotalRow & { readonly starts: string })[];
  readonly held: Omit<HeldRow, "baseId"> & { readonly bases: readonly HeldRow[] };
  readonly quotas: readonly QuotaView[];
}

/** Problems: those of `allow`, `analytics.range`. */
export async function workspaceUsage(
  scope: Scope,
  workspaceId: string,
  periods: AskedPeriods,
): Promise<WorkspaceUsage> {
  await allow(scope, "usage.read", { workspaceId });
  const asked = rangeOf(scope, periods);
  await catchUp(scope, [workspaceId], COUNTED_FOR_LOOK);
  const rows = await scope.db.all<ShownUsage>(usageOfWorkspace(workspaceId, asked));
  const totals = await scope.db.all<TotalRow & { starts: string }>(
    totalsOfWorkspace(workspaceId, asked),
  );
  const bases = await scope.db.all<HeldRow>(heldOf(workspaceId));
  const held = {
    records: bases.reduce((sum, { records }) => sum + records, 0),
    storage: bases.reduce((sum, { storage }) => sum + storage, 0),
    bases,
  };
  return { ...pageOf(rows), totals, held, quotas: await showQuotas(scope, workspaceId) };
}

/** What the caller used: the key that asks, or everything of the user. Problems: `kernel.not-signed-in`, `analytics.range`. */
export async function ownUsage(scope: Scope, periods: AskedPeriods): Promise<UsagePage> {
  const { userId, credential } = requireUser(scope);
  const keyId = credential.kind === "key" ? credential.keyId : null;
  return pageOf(
    await scope.db.all<ShownUsage>(usageOfCaller({ userId, keyId }, rangeOf(scope, periods))),
  );
}

/** Workspaces by what they use now. Problems: those of `requireAdmin`. */
export async function instanceUsage(
  scope: Scope,
  asked: { readonly period: "day" | "month"; readonly resource: string; readonly limit: number },
): Promise<{ readonly starts: string; readonly workspaces: readonly object[] }> {
  requireAdmin(scope, "enterprise.account:read");
  const starts = periodsAt(scope.now())[asked.period];
  const workspaces = await scope.db.all<{ workspaceId: string; used: number }>(
    heaviestWorkspaces({ ...asked, starts }),
  );
  return { starts, workspaces };
}

function pageOf(rows: readonly ShownUsage[]): UsagePage {
  return { rows: rows.slice(0, USAGE_ROWS_MAX), more: rows.length > USAGE_ROWS_MAX };
}

function rangeOf(scope: Scope, { period, from, to }: AskedPeriods): AskedUsage {
  const { day } = periodsAt(scope.now());
  const last = to ?? day;
  const lastMs = Date.parse(last);
  const backMs = period === "day" ? (DAYS_SHOWN - 1) * DAY_MS : MONTHS_SHOWN * 31 * DAY_MS;
  const first = from ?? new Date(lastMs - backMs).toISOString().slice(0, 10);
  const days = (lastMs - Date.parse(first)) / DAY_MS;
  if (days < 0 || days > (period === "day" ? USAGE_DAYS_MAX : USAGE_DAYS_MAX * 12)) {
    throw new Problem("invalid", "analytics.range", {
      message: `to must not be before from, and at most ${USAGE_DAYS_MAX} days or as many months after it.`,
      fields: { to: "must not be before from, nor too long after it" },
    });
  }
  return { period, from: first, to: last, limit: USAGE_ROWS_MAX + 1 };
}
