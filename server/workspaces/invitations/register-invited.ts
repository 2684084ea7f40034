import { findUsersByEmail, readyAccount, type UserRow } from "#identity";
import { Problem, type Scope } from "#kernel";
import { lookAtInvitation, usingInvitation, type AcceptedInvitation } from "./accept-invitation.ts";
import type { InvitationWithPlace } from "./invitations.sql.ts";

/** What somebody who was invited chooses; the address is the invitation's. */
export interface InvitedRegistration {
  readonly token: string;
  readonly password: string;
  readonly name?: string | undefined;
}

export interface RegisteredGuest {
  readonly user: UserRow;
  readonly member: AcceptedInvitation;
}

/**
 * Makes an account for the address of an invitation and accepts it, both or neither, also where registration is closed.
 * Whoever made the invitation was shown its token too, so the address is confirmed as after every registration: by a mail
 * of its own. A token that is not good costs one look and no hash.
 * Problems: those of `lookAtInvitation`, `workspaces.invitation-for-anybody`, `workspaces.has-account`,
 * `identity.email-taken`, `identity.locked-out`, `identity.busy`.
 */
export async function registerInvited(
  scope: Scope,
  { token, password, name }: InvitedRegistration,
): Promise<RegisteredGuest> {
  const email = addressOf(scope, await lookAtInvitation(scope, token));
  if ((await findUsersByEmail(scope, [email])).size > 0) {
    throw new Problem("conflict", "workspaces.has-account", {
      message: "There is an account with this address: sign in and accept the invitation.",
    });
  }
  const account = await readyAccount(scope, { email, password, name });
  return usingInvitation(scope, token, async (tx, { takeUp }) => {
    const user = await account.insert(tx);
    return { user, member: await takeUp(tx, user.id) };
  });
}

function addressOf({ config }: Scope, { email }: InvitationWithPlace): string {
  if (email === null) {
    const next =
      config.registration === "open"
        ? "register, then accept it"
        : "ask for an invitation to your e-mail address, or the administrator for an account";
    throw new Problem("forbidden", "workspaces.invitation-for-anybody", {
      message: `This invitation is a link that names no address, so it makes no account: ${next}.`,
    });
  }
  return email;
}
