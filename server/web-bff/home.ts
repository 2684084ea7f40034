import { HOME_PLACES_MAX, RECENT_SHOWN_MAX, type webHome } from "@basalt/contract";
import type { z } from "zod";
import { callerMonth } from "#analytics";
import { ownProfile, requireUser, showMe, type UserRow } from "#identity";
import type { Scope } from "#kernel";
import { recentlyOpened, schemaOf, type RecentRow } from "#records";
import { listBases, listWorkspaces, type ListedBase } from "#workspaces";
import { baseCard } from "./base-card.ts";

export type WebHome = z.infer<typeof webHome>;

/**
 * Everything that the home screen shows, in as many statements whatever the number of places.
 * Problems: those of `listWorkspaces` and `listBases`, `kernel.not-signed-in`.
 */
export async function homeScreen(scope: Scope): Promise<WebHome> {
  const actor = requireUser(scope);
  const [user, workspaces, bases, opened, month] = await Promise.all([
    ownProfile(scope),
    listWorkspaces(scope, { limit: HOME_PLACES_MAX + 1 }),
    listBases(scope, { limit: HOME_PLACES_MAX + 1 }),
    recentlyOpened(scope, actor.userId),
    callerMonth(scope),
  ]);
  const shownWorkspaces = workspaces.slice(0, HOME_PLACES_MAX);
  const shownBases = bases.slice(0, HOME_PLACES_MAX);
  return {
    me: showMe(user, actor),
    workspaces: shownWorkspaces.map(({ id, name, role }) => ({ id, name, role })),
    bases: shownBases.map(baseCard),
    more: {
      workspaces: workspaces.length > HOME_PLACES_MAX,
      bases: bases.length > HOME_PLACES_MAX,
    },
    recent: await recentItems(scope, opened, shownBases),
    usage: { workspaces: shownWorkspaces.length, bases: shownBases.length, month },
    notices: noticesFor(scope, user),
  };
}

/** Only what the caller can still see; names as they are now. */
async function recentItems(
  scope: Scope,
  opened: readonly RecentRow[],
  bases: readonly ListedBase[],
): Promise<WebHome["recent"]> {
  const seen = new Map(bases.map((base) => [base.id, base]));
  const items: WebHome["recent"] = [];
  for (const { baseId, tableId, viewId, at } of opened) {
    const base = seen.get(baseId);
    if (base === undefined || items.length === RECENT_SHOWN_MAX) {
      continue;
    }
    const table = tableId === "" ? undefined : await tableName(scope, baseId, tableId);
    if (tableId === "" || table !== undefined) {
      items.push({
        baseId,
        baseName: base.name,
        tableId: tableId || null,
        tableName: table ?? null,
        viewId,
        at: at.toISOString(),
      });
    }
  }
  return items;
}

/** From the schema in memory; undefined where the table has gone. */
async function tableName(
  scope: Scope,
  baseId: string,
  tableId: string,
): Promise<string | undefined> {
  const { tablesById } = await schemaOf(scope, baseId);
  return tablesById.get(tableId)?.name;
}

/** What the caller should know or do, most pressing first. */
function noticesFor({ config }: Scope, user: UserRow): WebHome["notices"] {
  const notices: WebHome["notices"] = [];
  if (user.verifiedAt === null) {
    notices.push({
      code: "email-not-verified",
      text: "Your e-mail address is not confirmed yet: open the link in the mail that was sent.",
    });
  }
  if (user.admin && config.smtpUrl === null) {
    notices.push({
      code: "mail-not-configured",
      text: "No mail server is set: invitations and passwords to reset are written to the log. Set BASALT_SMTP_URL.",
    });
  }
  if (user.admin && !user.twoFactor) {
    notices.push({
      code: "two-factor-off",
      text: "You administer this instance without a second factor; switch it on.",
    });
  }
  return notices;
}
