import {
  MOBILE_BASES_MAX,
  MOBILE_RECENT_MAX,
  type mobileHome,
  type mobileHomeParts,
} from "@basalt/contract";
import type { z } from "zod";
import { ownProfile, requireUser } from "#identity";
import type { Scope } from "#kernel";
import { recentlyOpened, schemaOf, type RecentRow } from "#records";
import { listBases, listWorkspaces, type ListedBase } from "#workspaces";

export type MobileHome = z.infer<typeof mobileHome>;
export type HomePart = (typeof mobileHomeParts)[number];

/** Places that are looked through for the few that are shown. */
const PLACES_READ_MAX = 200;

/**
 * The phone's home screen: only the parts that are asked for are read.
 * Problems: those of `listWorkspaces` and `listBases`, `kernel.not-signed-in`.
 */
export async function homeOfPhone(scope: Scope, parts: ReadonlySet<HomePart>): Promise<MobileHome> {
  const { userId } = requireUser(scope);
  const wantsBases = parts.has("bases") || parts.has("recent");
  const [user, workspaces, bases, opened] = await Promise.all([
    parts.has("me") || parts.has("notices") ? ownProfile(scope) : undefined,
    parts.has("workspaces") ? listWorkspaces(scope, { limit: PLACES_READ_MAX }) : undefined,
    wantsBases ? listBases(scope, { limit: PLACES_READ_MAX + 1 }) : [],
    wantsBases ? recentlyOpened(scope, userId) : [],
  ]);
  const recent = parts.has("recent") ? await recentRows(scope, opened, bases) : undefined;
  const shown = parts.has("bases") ? openedFirst(bases, opened) : undefined;
  return {
    ...(user && parts.has("me") && { me: { id: user.id, name: user.name } }),
    ...(workspaces && { workspaces: workspaces.map(({ id, name }) => [id, name]) }),
    ...(shown && {
      bases: shown.map(({ id, name, permissionLevel }) => [id, name, permissionLevel]),
      moreBases: bases.length > shown.length,
    }),
    ...(recent && { recent }),
    ...(user &&
      parts.has("notices") && {
        notices: user.verifiedAt === null ? ["email-not-verified"] : [],
      }),
  };
}

/** The bases that the phone shows: what was opened last, then the oldest. */
function openedFirst(
  bases: readonly ListedBase[],
  opened: readonly RecentRow[],
): readonly ListedBase[] {
  const byId = new Map(bases.map((base) => [base.id, base]));
  const first = opened.flatMap(({ baseId }) => byId.get(baseId) ?? []);
  return [...new Set([...first, ...bases])].slice(0, MOBILE_BASES_MAX);
}

/** Tables that the caller can still see, with their names from the schema in memory. */
async function recentRows(
  scope: Scope,
  opened: readonly RecentRow[],
  bases: readonly ListedBase[],
): Promise<NonNullable<MobileHome["recent"]>> {
  const visible = new Set(bases.map(({ id }) => id));
  const rows: NonNullable<MobileHome["recent"]> = [];
  for (const { baseId, tableId, at } of opened) {
    if (tableId !== "" && visible.has(baseId) && rows.length < MOBILE_RECENT_MAX) {
      const { tablesById } = await schemaOf(scope, baseId);
      const table = tablesById.get(tableId);
      if (table !== undefined) {
        rows.push([baseId, tableId, table.name, Math.floor(at.getTime() / 1_000)]);
      }
    }
  }
  return rows;
}
