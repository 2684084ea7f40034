import {
  baseMoveByApi,
  collaboratorChange,
  newCollaborators,
  type ActionName,
  type RoleName,
} from "@basalt/contract";
import { inTransaction } from "#kernel";
import {
  addMember,
  allow,
  baseSharing,
  changeMember,
  listBases,
  moveBase,
  notFound,
  removeMember,
  trashWorkspace,
  workspaceOf,
  workspaceSharing,
  type InvitationRow,
  type Member,
  type Place,
} from "#workspaces";
import { answerAfter, plainAnswer, sent } from "./answers.ts";
import { parseBody, type Call } from "./call.ts";
import { objectNotFound } from "./refusals.ts";

/** `GET /v0/meta/bases/{baseId}`: whatever `include` asks for, everything is there. */
export async function getBase({ scope, params }: Call): Promise<Response> {
  const { baseId } = params;
  const sharing = await baseSharing(scope, baseId);
  const { base } = sharing;
  return sent(
    await answerAfter(scope, baseId, {
      id: base.id,
      name: base.name,
      createdTime: base.createdAt.toISOString(),
      permissionLevel: base.permissionLevel,
      workspaceId: base.workspaceId,
      individualCollaborators: {
        baseCollaborators: sharing.baseMembers.map(individual),
        workspaceCollaborators: sharing.workspaceMembers.map(individual),
      },
      groupCollaborators: { baseCollaborators: [], workspaceCollaborators: [] },
      inviteLinks: {
        baseInviteLinks: sharing.baseInvitations.map(inviteLink),
        workspaceInviteLinks: sharing.workspaceInvitations.map(inviteLink),
      },
      interfaces: {},
    }),
  );
}

/** `GET /v0/meta/bases/{baseId}/shares`: Basalt has no share links. */
export async function getShares({ scope, params }: Call): Promise<Response> {
  await allow(scope, "shares.manage", { baseId: params.baseId });
  return sent(await answerAfter(scope, params.baseId, { shares: [] }));
}

/** `GET /v0/meta/workspaces/{workspaceId}`; the bases are those that the caller sees. */
export async function getWorkspace({ scope, params }: Call): Promise<Response> {
  const { workspaceId } = params;
  const workspace = await workspaceOf(scope, workspaceId);
  const sharing = await workspaceSharing(scope, workspaceId);
  return plainAnswer({
    id: workspaceId,
    name: workspace.name,
    createdTime: workspace.createdAt.toISOString(),
    baseIds: await baseIdsOf(scope, workspaceId),
    individualCollaborators: { workspaceCollaborators: sharing.workspaceMembers.map(individual) },
    groupCollaborators: { workspaceCollaborators: [] },
    inviteLinks: { workspaceInviteLinks: sharing.workspaceInvitations.map(inviteLink) },
    workspaceRestrictions: {
      inviteCreationRestriction: "unrestricted",
      shareCreationRestriction: "unrestricted",
    },
  });
}

/** `DELETE /v0/meta/workspaces/{workspaceId}` */
export async function deleteWorkspace({ scope, params }: Call): Promise<Response> {
  await trashWorkspace(scope, params.workspaceId);
  return plainAnswer({ id: params.workspaceId, deleted: true });
}

/** `POST /v0/meta/workspaces/{workspaceId}/moveBase` */
export async function postMoveBase(call: Call): Promise<Response> {
  const { scope, params } = call;
  const { workspaceId } = params;
  await allow(scope, "workspace.read", { workspaceId });
  const { baseId, targetWorkspaceId } = await parseBody(call, baseMoveByApi);
  const { base } = await baseSharing(scope, baseId);
  if (base.workspaceId !== workspaceId) {
    throw notFound();
  }
  await moveBase(scope, { baseId, workspaceId: targetWorkspaceId });
  return plainAnswer({});
}

/** `POST …/collaborators` of a base or a workspace: all or none. */
export async function postCollaborators(call: Call): Promise<Response> {
  const place = await managedPlace(call, "collaborators.manage");
  const { collaborators } = await parseBody(call, newCollaborators);
  await inTransaction(call.scope, async (tx) => {
    for (const { user, permissionLevel } of collaborators) {
      await addMember(tx, place, { userId: user.id, role: roles[permissionLevel] });
    }
  });
  return plainAnswer({});
}

/** `PATCH …/collaborators/{collaboratorId}` */
export async function patchCollaborator(call: Call): Promise<Response> {
  const place = await managedPlace(call, "collaborators.manage");
  const { permissionLevel } = await parseBody(call, collaboratorChange);
  await changeMember(call.scope, place, { userId: userOf(call), role: roles[permissionLevel] });
  return plainAnswer({});
}

/** `DELETE …/collaborators/{collaboratorId}` */
export async function deleteCollaborator(call: Call): Promise<Response> {
  const place = await managedPlace(call, "collaborators.read");
  await removeMember(call.scope, place, userOf(call));
  return plainAnswer({});
}

const roles = {
  read: "read-only",
  comment: "commenter",
  edit: "editor",
  create: "creator",
  owner: "owner",
} as const satisfies Record<string, RoleName>;

const levels = {
  "read-only": "read",
  commenter: "comment",
  editor: "edit",
  creator: "create",
  owner: "owner",
} as const satisfies Record<RoleName, string>;

async function managedPlace({ scope, params }: Call, action: ActionName): Promise<Place> {
  const { baseId, workspaceId } = params;
  const place = baseId === "" ? { workspaceId } : { baseId };
  await allow(scope, action, place);
  return place;
}

/** There are no groups. */
function userOf({ params }: Call): string {
  if (!params.collaboratorId.startsWith("usr")) {
    throw objectNotFound("collaborator");
  }
  return params.collaboratorId;
}

async function baseIdsOf(scope: Call["scope"], workspaceId: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const bases = await listBases(scope, { after, limit: BASES_AT_ONCE });
    ids.push(...bases.filter((base) => base.workspaceId === workspaceId).map(({ id }) => id));
    if (bases.length < BASES_AT_ONCE) {
      return ids;
    }
    after = bases.at(-1)?.id;
  }
}

const BASES_AT_ONCE = 1_000;

function individual({ userId, email, role, givenAt, givenBy }: Member): object {
  return {
    userId,
    email,
    permissionLevel: levels[role],
    createdTime: givenAt.toISOString(),
    grantedByUserId: givenBy,
  };
}

function inviteLink({ id, email, role, createdAt, createdBy }: InvitationRow): object {
  return {
    id,
    type: email === null ? "multiUse" : "singleUse",
    createdTime: createdAt.toISOString(),
    invitedEmail: email,
    referredByUserId: createdBy ?? "",
    permissionLevel: levels[role],
    restrictedToEmailDomains: [],
  };
}
