import type { Scope } from "#kernel";
import type { InvitationWithPlace } from "./invitations.sql.ts";

/**
 * Mails the link. Answers false where the mail server refused: the invitation stands and whoever made it passes the link on.
 */
export async function mailInvitation(
  scope: Scope,
  invitation: InvitationWithPlace,
  url: string,
): Promise<boolean> {
  const { email, role, message, workspaceName, baseName, expiresAt } = invitation;
  const place = oneLine(baseName ?? workspaceName ?? "");
  const inviter = scope.actor.kind === "user" ? oneLine(scope.actor.name) : "Basalt";
  const lines = [
    `${inviter} invites you to "${place}" with the role ${role}.`,
    ...(message === "" ? [] : [message]),
    `Open this link to accept: ${url}`,
    "The page says how to accept with your account, and how to make one with this address if you have none.",
    `It can be used once, by the owner of this address, until ${expiresAt.toISOString().slice(0, 10)}.`,
  ];
  try {
    await scope.mail.send({
      to: email ?? "",
      subject: `Invitation to ${place}`,
      text: `${lines.join("\n\n")}\n`,
    });
    return true;
  } catch (error) {
    scope.log.warn(
      { err: error, invitationId: invitation.id, requestId: scope.requestId },
      "workspaces: an invitation could not be mailed",
    );
    return false;
  }
}

/** Names come from people; a line break in a subject would be a new header. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
