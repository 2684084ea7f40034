import { systemScope, type World } from "#kernel";
import { workspaceOwners, workspaceOf } from "#workspaces";
import { claimMails, noteMailed, type AlertRow } from "./alerts.sql.ts";
import { resetsAt } from "./quota-book.ts";

/** After how long a mail that could not be sent is tried again, milliseconds, and how often. */
const AGAIN_MS = 10 * 60_000;
const TRIES_MAX = 20;
const MAILS_AT_ONCE = 50;

/**
 * Mails the owners of workspaces about alerts that they have not been mailed about. At least once each: a process that dies
 * between the mail and its note mails again. Run when an alert is made, and by a chore.
 */
export async function mailAlerts(world: World): Promise<number> {
  const now = world.now();
  const due = await world.db.all<AlertRow>(
    claimMails(now, new Date(now.getTime() + AGAIN_MS), { rows: MAILS_AT_ONCE, tries: TRIES_MAX }),
  );
  let sent = 0;
  for (const alert of due) {
    try {
      await mailOwners(world, alert);
      await world.db.run(noteMailed(alert.id, world.now()));
      sent += 1;
    } catch (error) {
      world.log.warn({ err: error, alert: alert.id }, "a mail about a quota was not sent");
    }
  }
  return sent;
}

async function mailOwners(world: World, alert: AlertRow): Promise<void> {
  const scope = systemScope(world, "alerts");
  const { workspaceId, threshold, resource, period, limit, used } = alert;
  const owners = await workspaceOwners(scope, workspaceId);
  if (owners.length === 0) {
    return;
  }
  const { name } = await workspaceOf(scope, workspaceId);
  const shown = name.replaceAll(/[\r\n]+/g, " ").slice(0, 100);
  const resets = resetsAt(period, alert.at);
  const lines = [
    `The workspace "${shown}" uses ${used} of its ${limit} ${resource}${period === "now" ? "" : ` a ${period}`}: ${threshold} % or more.`,
    threshold >= 100
      ? "Nothing more of it is let in where the operator enforces the quota."
      : "When all of it is used, nothing more is let in where the operator enforces the quota.",
    resets === null ? "Delete some, or ask the operator for more." : `It begins anew at ${resets}.`,
  ];
  for (const { email } of owners) {
    await world.mail.send({
      to: email,
      subject: `${threshold} % of a quota is used: ${resource} in ${shown}`,
      text: `${lines.join("\n")}\n`,
    });
  }
}
