import { z } from "zod";
import { emailAddress, registerBody, userView } from "./identity.ts";

/** Roles on a workspace or a base, strongest first. Each may do what the next may, and more. */
export const roleNames = ["owner", "creator", "editor", "commenter", "read-only"] as const;
export type RoleName = (typeof roleNames)[number];

/** What Airtable's API calls the same, on a base, weakest first. An owner is a creator there. */
export const permissionLevels = ["none", "read", "comment", "edit", "create"] as const;
export type PermissionLevel = (typeof permissionLevels)[number];

/** Everything that permission can be asked for on a workspace or a base. */
export const actionNames = [
  "records.read",
  "records.write",
  "changes.read",
  "comments.read",
  "comments.write",
  "schema.read",
  "schema.write",
  "views.read",
  "views.write",
  "webhooks.read",
  "webhooks.manage",
  "collaborators.read",
  "collaborators.manage",
  "shares.manage",
  "grants.manage",
  "audit.read",
  "base.read",
  "base.update",
  "base.delete",
  "base.create",
  "base.restore",
  "workspace.read",
  "workspace.update",
  "workspace.delete",
  "workspace.transfer",
  "events.write",
  "analytics.read",
  "usage.read",
] as const;
export type ActionName = (typeof actionNames)[number];

/** Characters in the name of a workspace or a base. */
export const PLACE_NAME_MAX_CHARACTERS = 255;
/** Characters in the description of a workspace or a base. */
export const PLACE_DESCRIPTION_MAX_CHARACTERS = 20_000;
/** Characters in the reason of a grant and in the message of an invitation. */
export const REASON_MAX_CHARACTERS = 1_000;
/** Questions in one batch check. */
export const PERMISSION_QUESTIONS_MAX = 1_000;
/** Items of one page of members, bases, grants or invitations, and what is given where nothing is asked for. */
export const PLACES_PAGE_MAX = 1_000;
export const PLACES_PAGE_DEFAULT = 100;
/** Days for which an invitation can be accepted. */
export const INVITATION_DAYS = 7;
/** Days for which what is in the trash can be taken out again; then it is gone for good. */
export const TRASH_DAYS = 7;

const storable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");
const NOT_STORABLE = "must not hold NUL or half of a surrogate pair";
const line = (max: number) => z.string().trim().min(1).max(max).refine(storable, NOT_STORABLE);
const text = (max: number) => z.string().max(max).refine(storable, NOT_STORABLE);

/** The name of a workspace or a base: trimmed, not empty, need not be unique. */
export const placeName = line(PLACE_NAME_MAX_CHARACTERS);
const description = text(PLACE_DESCRIPTION_MAX_CHARACTERS);
const color = z
  .string()
  .regex(/^[A-Za-z0-9#-]{1,40}$/, "must be the name of a colour or a hex value");
const icon = line(40);

export const roleName = z.enum(roleNames);
const workspaceId = z.string().regex(/^wsp[A-Za-z0-9]{14}$/, "must be the id of a workspace");
const baseId = z.string().regex(/^app[A-Za-z0-9]{14}$/, "must be the id of a base");
const userId = z.string().regex(/^usr[A-Za-z0-9]{14}$/, "must be the id of a user");
const time = z.iso.datetime();
const futureOrNull = z.iso.datetime({ offset: true }).nullable();

/** Pages: `next` of one answer is `after` of the following request; it is absent on the last page. */
export const placesPage = z.strictObject({
  after: z.string().max(100).refine(storable, NOT_STORABLE).optional(),
  limit: z.coerce.number().int().min(1).max(PLACES_PAGE_MAX).default(PLACES_PAGE_DEFAULT),
});
/** The same for lists that can show the trash. */
export const trashablePage = placesPage.extend({
  trash: z.enum(["true", "false"]).default("false"),
});
/** The workspaces of whoever asks, or (for administrators of the instance) those that nobody owns any more. */
export const workspacesPage = trashablePage.extend({
  ownerless: z
    .enum(["true", "false"])
    .default("false")
    .describe(
      "Those whose owners were all deleted or disabled; for administrators of the instance.",
    ),
});
/** One page of such items. */
export const placesPageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().optional() });

export const newWorkspace = z.strictObject({
  name: placeName,
  description: description.optional(),
});
export const workspaceChanges = z
  .strictObject({ name: placeName, description })
  .partial()
  .refine(
    (changes) => Object.keys(changes).length > 0,
    "at least one of name, description is required",
  );
export const baseChanges = z
  .strictObject({ name: placeName, description, color: color.nullable(), icon: icon.nullable() })
  .partial()
  .refine(
    (changes) => Object.keys(changes).length > 0,
    "at least one of name, description, color, icon is required",
  );
export const baseMove = z.strictObject({ workspaceId });
export const newMember = z.strictObject({ userId, role: roleName });
export const memberChange = z.strictObject({ role: roleName });
export const ownershipTransfer = z.strictObject({ userId });
export const newInvitation = z.strictObject({
  role: roleName,
  email: emailAddress.optional(),
  message: text(REASON_MAX_CHARACTERS).optional(),
});
export const invitationToken = z.strictObject({ token: z.string().min(1).max(200) });
/** The address is the invitation's. */
export const invitationRegistration = invitationToken.extend({
  name: registerBody.shape.name,
  password: registerBody.shape.password,
});
export const newGrant = z
  .strictObject({
    userId,
    effect: z.enum(["allow", "deny"]),
    role: roleName.optional(),
    actions: z.array(z.enum(actionNames)).min(1).max(actionNames.length).optional(),
    reason: line(REASON_MAX_CHARACTERS),
    expiresAt: futureOrNull.optional(),
  })
  .superRefine(({ effect, role, actions }, context) => {
    if (effect === "allow" && (role === undefined) === (actions === undefined)) {
      context.addIssue({ code: "custom", path: ["role"], message: "give either role or actions" });
    }
    if (effect === "deny" && role !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["role"],
        message: "a denial takes actions, or nothing to shut out",
      });
    }
  });

const question = z.strictObject({
  action: z.enum(actionNames),
  workspaceId: workspaceId.optional(),
  baseId: baseId.optional(),
  userId: userId
    .optional()
    .describe("About somebody else; only for those who manage collaborators there."),
});
const onePlace = (asked: {
  workspaceId?: string | undefined;
  baseId?: string | undefined;
}): boolean => (asked.workspaceId === undefined) !== (asked.baseId === undefined);
const ONE_PLACE = "give either workspaceId or baseId";

export const permissionQuestion = question.refine(onePlace, ONE_PLACE);
export const permissionQuestions = z.strictObject({
  checks: z
    .array(question.extend({ key: line(200) }).refine(onePlace, ONE_PLACE))
    .min(1)
    .max(PERMISSION_QUESTIONS_MAX)
    .refine(
      (checks) => new Set(checks.map(({ key }) => key)).size === checks.length,
      "keys must differ",
    ),
});

export const permissionAnswer = z.object({ allowed: z.boolean(), reason: z.string() });
export const permissionAnswers = z.object({ results: z.record(z.string(), permissionAnswer) });

export const workspaceBody = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  role: roleName.nullable().describe("The caller's own; null where only a grant lets them in."),
  createdAt: time,
  createdBy: z.string().nullable(),
  deletedAt: time.nullable(),
});
export const workspaceStats = z.object({
  members: z.int(),
  bases: z.int(),
  basesInTrash: z.int(),
  baseCollaborators: z.int(),
  openInvitations: z.int(),
  activeGrants: z.int(),
});
export const baseBody = z.object({
  id: z.string(),
  workspaceId: z.string(),
  name: z.string(),
  description: z.string(),
  color: z.string().nullable(),
  icon: z.string().nullable(),
  permissionLevel: z.enum(permissionLevels),
  createdAt: time,
  createdBy: z.string().nullable(),
  deletedAt: time.nullable(),
});
export const memberBody = z.object({
  userId: z.string(),
  name: z.string(),
  email: z.string(),
  role: roleName,
  givenAt: time,
  givenBy: z.string().nullable(),
});
export const invitationBody = z.object({
  id: z.string(),
  workspaceId: z.string().nullable(),
  baseId: z.string().nullable(),
  role: roleName,
  email: z.string().nullable(),
  message: z.string(),
  status: z.enum(["open", "accepted", "expired", "revoked"]),
  uses: z.int(),
  createdAt: time,
  createdBy: z.string().nullable(),
  expiresAt: time,
});
/** Only the answer to making or renewing it holds the token; it is not kept in clear. */
export const invitationMade = invitationBody.extend({
  token: z.string(),
  url: z.string(),
  mailed: z
    .boolean()
    .describe("False for links, and where the mail server refused: pass the url on yourself."),
});
export const invitationView = z.object({
  workspaceName: z.string().nullable(),
  baseName: z.string().nullable(),
  role: roleName,
  email: z.string().nullable(),
  message: z.string(),
  invitedBy: z.string().nullable(),
  expiresAt: time,
});
export const invitationAccepted = z.object({
  workspaceId: z.string().nullable(),
  baseId: z.string().nullable(),
  role: roleName,
});
export const invitationRegistered = z.object({ user: userView, member: invitationAccepted });
export const grantBody = z.object({
  id: z.string(),
  workspaceId: z.string().nullable(),
  baseId: z.string().nullable(),
  userId: z.string(),
  effect: z.enum(["allow", "deny"]),
  role: roleName.nullable(),
  actions: z.array(z.string()),
  reason: z.string(),
  expiresAt: time.nullable(),
  createdAt: time,
  createdBy: z.string().nullable(),
});
