import { z } from "zod";

/** Characters (code points) of a password. Source: OWASP; the upper end bounds one hash. */
export const PASSWORD_MIN_CHARACTERS = 8;
export const PASSWORD_MAX_CHARACTERS = 128;
/** Characters of an e-mail address. Source: RFC 5321. */
export const EMAIL_MAX_CHARACTERS = 254;
/** Characters of a person's name or a key's name. Ours. */
export const PERSON_NAME_MAX_CHARACTERS = 200;
/** Bases, and workspaces, that one key may be restricted to. Ours. */
export const KEY_GRANTS_MAX = 1_000;
/** Rows of one bulk creation of users. Ours. */
export const BULK_USERS_MAX = 1_000;
/** Users in one page of the list. Ours. */
export const USERS_PAGE_MAX = 200;
/** Backup codes of a second factor, and characters of one. */
export const BACKUP_CODES = 10;
export const BACKUP_CODE_CHARACTERS = 8;

/** What a personal access token can be allowed to do, in Airtable's names; the last two are ours, for what Airtable has not. */
export const keyScopes = [
  "data.records:read",
  "data.records:write",
  "data.recordComments:read",
  "data.recordComments:write",
  "schema.bases:read",
  "schema.bases:write",
  "webhook:manage",
  "user.email:read",
  "workspacesAndBases:read",
  "workspacesAndBases:write",
  "workspacesAndBases.shares:manage",
  "workspacesAndBases:manage",
  "enterprise.groups:read",
  "enterprise.groups:manage",
  "enterprise.user:read",
  "enterprise.user:write",
  "enterprise.account:read",
  "enterprise.account:write",
  "enterprise.auditLogs:read",
  "enterprise.changeEvents:read",
  "events:write",
  "analytics:read",
] as const;
export type KeyScope = (typeof keyScopes)[number];

/** What a key gets when none are named: everything about data and schema, nothing that deletes workspaces or governs people. */
export const defaultKeyScopes: readonly KeyScope[] = [
  "data.records:read",
  "data.records:write",
  "data.recordComments:read",
  "data.recordComments:write",
  "schema.bases:read",
  "schema.bases:write",
  "webhook:manage",
  "user.email:read",
  "workspacesAndBases:read",
  "workspacesAndBases:write",
  "events:write",
];

/** The one pattern by which scanners find our keys; the last 8 digits are the CRC-32 of all before them. */
export const KEY_PATTERN = /^pat[A-Za-z0-9]{14}\.[0-9a-f]{64}$/;

const LOCAL_PART = String.raw`[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_\x60{|}~-]{1,64}`;
const DOMAIN_LABEL = String.raw`[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,62})`;
const EMAIL = new RegExp(`^${LOCAL_PART}@${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*$`, "u");

/** An e-mail address; a domain without a dot is one too, as inside a company. */
export const emailAddress = z
  .string()
  .trim()
  .max(EMAIL_MAX_CHARACTERS, `at most ${EMAIL_MAX_CHARACTERS} characters`)
  .regex(EMAIL, "not an e-mail address");

/** A password that is being set. */
export const newPassword = z.string().refine(isPassword, {
  message: `${PASSWORD_MIN_CHARACTERS} to ${PASSWORD_MAX_CHARACTERS} characters`,
});

const givenPassword = z
  .string()
  .min(1, "is missing")
  .max(PASSWORD_MAX_CHARACTERS * 2, `at most ${PASSWORD_MAX_CHARACTERS} characters`);

/** A name for a person or a key: one line of text. */
export const oneLineName = z
  .string()
  .trim()
  .min(1, "is empty")
  .max(PERSON_NAME_MAX_CHARACTERS, `at most ${PERSON_NAME_MAX_CHARACTERS} characters`)
  .refine(isPlain, { message: "one line without control characters" });

const opaqueToken = z.string().min(1, "is missing").max(512, "is too long");
const instant = z.iso.datetime();

export const registerBody = z.object({
  email: emailAddress,
  password: newPassword,
  name: oneLineName.optional().describe("Without it the part of the e-mail before the @."),
});
export const loginBody = z.object({ email: emailAddress, password: givenPassword });
export const secondFactorBody = z.object({
  secondFactorToken: opaqueToken,
  code: z.string().min(6, "six digits, or a backup code").max(16, "six digits, or a backup code"),
});
export const refreshBody = z.object({ refreshToken: opaqueToken });
export const updateMeBody = z.object({ name: oneLineName });
const revokeApiKeys = z.boolean().optional();
export const changePasswordBody = z.object({
  currentPassword: givenPassword,
  newPassword,
  revokeApiKeys: revokeApiKeys.describe("Revoke every API key as well; without it they stay."),
});
export const forgotPasswordBody = z.object({ email: emailAddress });
export const resetPasswordBody = z.object({ token: opaqueToken, newPassword });
export const verifyEmailBody = z.object({ token: opaqueToken });
export const passwordBody = z.object({ password: givenPassword });
export const codeBody = z.object({ code: secondFactorBody.shape.code });

const idWith = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[A-Za-z0-9]{14}$`), `an id that starts with ${prefix}`);
const grants = (prefix: string) =>
  z.array(idWith(prefix)).min(1, "is empty; leave it out for no restriction").max(KEY_GRANTS_MAX);
/** Origins of one key: bounds what is compared with each request. */
export const KEY_ORIGINS_MAX = 50;

/** Scheme, host and port as browsers send them. */
const webOrigin = z
  .string()
  .max(300)
  .refine(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text,
    "must be scheme, host and port only, in lower case, as in https://app.example.org",
  );

export const createApiKeyBody = z.object({
  name: oneLineName,
  scopes: z
    .array(z.enum(keyScopes))
    .min(1, "is empty; leave it out for the usual ones")
    .max(keyScopes.length)
    .optional(),
  bases: grants("app").nullish().describe("Only these bases."),
  workspaces: grants("wsp")
    .nullish()
    .describe("Only the bases of these workspaces; with `bases`, the union of both."),
  origins: z
    .array(webOrigin)
    .min(1, "is empty; leave it out for any")
    .max(KEY_ORIGINS_MAX)
    .nullish()
    .describe("Only web pages of these origins, where a browser says which page asks."),
  expiresAt: z.iso.datetime({ offset: true }).nullish(),
});

export const createUserBody = z.object({
  email: emailAddress,
  name: oneLineName.optional(),
  password: newPassword.optional().describe("Without it the person gets a mail to choose one."),
});
export const bulkUsersBody = z.object({
  users: z
    .array(z.unknown())
    .min(1, "is empty")
    .max(BULK_USERS_MAX, `at most ${BULK_USERS_MAX} rows`)
    .describe(
      "Each as for the creation of one user; a row that is wrong does not stop the others.",
    ),
});
export const updateUserBody = z
  .object({
    name: oneLineName,
    disabled: z.boolean(),
    admin: z.boolean(),
    twoFactor: z.literal(false).describe("Switches off the second factor of somebody who lost it."),
  })
  .partial()
  .refine((body) => Object.keys(body).length > 0, { message: "names nothing to change" });
export const listUsersQuery = z.object({
  pageSize: z.coerce.number().int().min(1).max(USERS_PAGE_MAX).default(100),
  offset: z.string().max(200).optional().describe("From the page before."),
  q: z
    .string()
    .trim()
    .max(EMAIL_MAX_CHARACTERS)
    .refine(isPlain, { message: "without control characters" })
    .optional()
    .describe("Part of the e-mail or the name."),
});

/** A user as the user itself sees it. */
export const userView = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  admin: z.boolean(),
  verified: z.boolean().describe("The e-mail address was confirmed."),
  twoFactor: z.boolean(),
  createdAt: instant,
});
/** Who asks, and with what. */
export const meView = userView.extend({
  email: z.string().optional().describe("Absent for a key without `user.email:read`."),
  credential: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("session"), sessionId: z.string() }),
    z.object({
      kind: z.literal("key"),
      keyId: z.string(),
      scopes: z.array(z.string()),
      bases: z.array(z.string()).nullable(),
      workspaces: z.array(z.string()).nullable(),
    }),
  ]),
});
/** A user as an administrator sees it. */
export const userAdminView = userView.extend({ disabled: z.boolean() });
export const signedInView = z.object({
  token: z.string().describe("The session token, for `Authorization: Bearer`."),
  expiresIn: z.int().describe("Seconds that the token lasts."),
  refreshToken: z.string().describe("Good for one refresh."),
  sessionId: z.string(),
  user: userView,
});
export const secondFactorNeededView = z.object({
  secondFactorRequired: z.literal(true),
  secondFactorToken: z.string().describe("Good for finishing this sign-in and for nothing else."),
  expiresIn: z.int(),
});
export const sessionView = z.object({
  id: z.string(),
  createdAt: instant,
  lastUsedAt: instant.describe("Sign-in or last refresh."),
  expiresAt: instant,
  address: z.string(),
  userAgent: z.string(),
  current: z.boolean(),
});
export const apiKeyView = z.object({
  id: z.string(),
  name: z.string(),
  mask: z.string().describe("First 8 … last 4 characters of the key."),
  scopes: z.array(z.string()),
  bases: z.array(z.string()).nullable(),
  workspaces: z.array(z.string()).nullable(),
  origins: z.array(z.string()).nullable(),
  createdAt: instant,
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable().describe("To the minute."),
});
export const newApiKeyView = apiKeyView.extend({
  key: z.string().describe("The key itself; it is not shown again."),
});
export const bulkOutcome = z.discriminatedUnion("status", [
  z.object({ index: z.int(), status: z.literal("created"), id: z.string(), email: z.string() }),
  z.object({
    index: z.int(),
    status: z.literal("failed"),
    code: z.string(),
    message: z.string(),
    fields: z.record(z.string(), z.string()).optional(),
  }),
]);
export const messageView = z.object({ message: z.string() });

/** No control characters, line ends or halves of a surrogate pair: what a database and a mail can hold on one line. */
function isPlain(text: string): boolean {
  return !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text);
}

function isPassword(text: string): boolean {
  // Code units bound the loop over code points.
  if (text.length > PASSWORD_MAX_CHARACTERS * 2 || !text.isWellFormed()) {
    return false;
  }
  const characters = [...text].length;
  return characters >= PASSWORD_MIN_CHARACTERS && characters <= PASSWORD_MAX_CHARACTERS;
}
