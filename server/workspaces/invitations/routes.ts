import { invitationRegistration, invitationToken } from "@basalt/contract";
import { Hono } from "hono";
import { showUser } from "#identity";
import { parseWith, readJson, type HttpEnv } from "#kernel";
import { revokeGrant } from "../grants/grants.ts";
import { invitedBy } from "../members/profiles.ts";
import { acceptInvitation, lookAtInvitation } from "./accept-invitation.ts";
import type { InvitationRow } from "./invitations.sql.ts";
import { registerInvited } from "./register-invited.ts";
import {
  resendInvitation,
  revokeInvitation,
  statusOf,
  type InvitationStatus,
  type MadeInvitation,
} from "./invite.ts";

/** Invitations and grants by their own ids, and by their tokens. */
export function invitationsRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.post("/invitations/look", async (c) => {
    const scope = c.get("scope");
    const { token } = parseWith(invitationToken, await readJson(c.req.raw));
    const { workspaceName, baseName, role, email, message, expiresAt, createdBy } =
      await lookAtInvitation(scope, token);
    const inviter = await invitedBy(scope, createdBy);
    return c.json({ workspaceName, baseName, role, email, message, invitedBy: inviter, expiresAt });
  });
  app.post("/invitations/accept", async (c) => {
    const { token } = parseWith(invitationToken, await readJson(c.req.raw));
    return c.json(await acceptInvitation(c.get("scope"), token));
  });
  app.post("/invitations/register", async (c) => {
    const chosen = parseWith(invitationRegistration, await readJson(c.req.raw));
    const { user, member } = await registerInvited(c.get("scope"), chosen);
    return c.json({ user: showUser(user), member }, 201);
  });
  app.post("/invitations/:invitationId{inv\\w+}/resend", async (c) => {
    const scope = c.get("scope");
    return c.json(
      shownMadeInvitation(await resendInvitation(scope, c.req.param("invitationId")), scope.now()),
    );
  });
  app.delete("/invitations/:invitationId{inv\\w+}", async (c) => {
    await revokeInvitation(c.get("scope"), c.req.param("invitationId"));
    return c.body(null, 204);
  });
  app.delete("/grants/:grantId", async (c) => {
    await revokeGrant(c.get("scope"), c.req.param("grantId"));
    return c.body(null, 204);
  });
  return app;
}

/** An invitation on the wire. */
export interface ShownInvitation extends Pick<
  InvitationRow,
  | "id"
  | "workspaceId"
  | "baseId"
  | "role"
  | "email"
  | "message"
  | "uses"
  | "createdAt"
  | "createdBy"
  | "expiresAt"
> {
  readonly status: InvitationStatus;
}

/** The row as it goes out. */
export function shownInvitation(row: InvitationRow, now: Date): ShownInvitation {
  const { id, workspaceId, baseId, role, email, message, uses, createdAt, createdBy, expiresAt } =
    row;
  const status = statusOf(row, now);
  return {
    id,
    workspaceId,
    baseId,
    role,
    email,
    message,
    status,
    uses,
    createdAt,
    createdBy,
    expiresAt,
  };
}

/** The same with what only its maker sees, and only once. */
export function shownMadeInvitation(
  made: MadeInvitation,
  now: Date,
): ShownInvitation & Pick<MadeInvitation, "token" | "url" | "mailed"> {
  const { token, url, mailed } = made;
  return { ...shownInvitation(made, now), token, url, mailed };
}
