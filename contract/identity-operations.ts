import { z } from "zod";
import {
  apiKeyView,
  bulkOutcome,
  bulkUsersBody,
  changePasswordBody,
  codeBody,
  createApiKeyBody,
  createUserBody,
  forgotPasswordBody,
  listUsersQuery,
  loginBody,
  messageView,
  meView,
  newApiKeyView,
  passwordBody,
  refreshBody,
  registerBody,
  resetPasswordBody,
  secondFactorBody,
  secondFactorNeededView,
  sessionView,
  signedInView,
  updateMeBody,
  updateUserBody,
  userAdminView,
  userView,
  verifyEmailBody,
} from "./identity.ts";
import { problemBody, type Operation } from "./operation.ts";

const unauthenticated = { 401: problemBody };
const forbidden = { ...unauthenticated, 403: problemBody };
const badBody = { 400: problemBody, 415: problemBody, 422: problemBody };
const limited = { 429: problemBody, 503: problemBody };

const registerAnswers = {
  201: signedInView,
  ...badBody,
  403: problemBody,
  409: problemBody,
  ...limited,
};
const loginAnswers = {
  200: z.union([signedInView, secondFactorNeededView]),
  400: problemBody,
  ...unauthenticated,
  415: problemBody,
  ...limited,
};

const signIn: readonly Operation[] = [
  {
    id: "identity.register",
    method: "post",
    path: "/api/v1/register",
    summary: "Make an account and sign in",
    description:
      "The first account of an instance becomes its administrator, whatever the setting; after that `BASALT_REGISTRATION` decides. Members of the body that are not listed are ignored.",
    auth: "none",
    body: registerBody,
    answers: registerAnswers,
  },
  {
    id: "identity.registerAlias",
    method: "post",
    path: "/api/v1/auth/register",
    summary: "The same as /api/v1/register",
    auth: "none",
    body: registerBody,
    answers: registerAnswers,
  },
  {
    id: "identity.login",
    method: "post",
    path: "/api/v1/login",
    summary: "Sign in with e-mail and password",
    description:
      "A malformed request is answered 400 “Invalid request”, wrong credentials 401 “Invalid credentials” with a `warning` when few attempts remain, too many failures 429 with `locked: true`, `retry_after_sec` and Retry-After: alike for addresses that exist and that do not. Five failures of one account in five minutes lock it for one minute, each further lock lasts twice as long, at most 30 minutes; 20 failures lock an address (IPv6: its /64). With a second factor the answer carries `secondFactorToken` instead of `token`.",
    auth: "none",
    body: loginBody,
    answers: loginAnswers,
  },
  {
    id: "identity.loginAlias",
    method: "post",
    path: "/api/v1/auth/login",
    summary: "The same as /api/v1/login",
    auth: "none",
    body: loginBody,
    answers: loginAnswers,
  },
  {
    id: "identity.finishLogin",
    method: "post",
    path: "/api/v1/login/second-factor",
    summary: "Finish a sign-in with a code of the authenticator or a backup code",
    auth: "none",
    body: secondFactorBody,
    answers: { 200: signedInView, ...badBody, ...unauthenticated, ...limited },
  },
  {
    id: "identity.refresh",
    method: "post",
    path: "/api/v1/refresh",
    summary: "Exchange a refresh token for a new pair",
    description:
      "A refresh token is good for one exchange. One that is shown again ends its session with everything that came from it, since it must have been copied.",
    auth: "none",
    body: refreshBody,
    answers: { 200: signedInView, ...badBody, ...unauthenticated },
  },
  {
    id: "identity.logout",
    method: "post",
    path: "/api/v1/logout",
    summary: "End this session at once",
    auth: "bearer",
    answers: { 204: null, ...forbidden },
  },
];

const ownAccount: readonly Operation[] = [
  {
    id: "identity.me",
    method: "get",
    path: "/api/v1/me",
    summary: "Who am I, and with which credential",
    auth: "bearer",
    answers: { 200: meView, ...unauthenticated },
  },
  {
    id: "identity.updateMe",
    method: "put",
    path: "/api/v1/me",
    summary: "Change the own name",
    auth: "bearer",
    body: updateMeBody,
    answers: { 200: userView, ...badBody, ...forbidden },
  },
  {
    id: "identity.changePassword",
    method: "post",
    path: "/api/v1/change-password",
    summary: "Change the own password",
    description:
      "Ends every session of the user, this one included, and answers with a fresh one. API keys stay unless `revokeApiKeys` is true. Needs a session: a key cannot change a password.",
    auth: "bearer",
    body: changePasswordBody,
    answers: { 200: signedInView, ...badBody, ...forbidden, ...limited },
  },
  {
    id: "identity.forgotPassword",
    method: "post",
    path: "/api/v1/forgot-password",
    summary: "Ask for a mail to choose a new password",
    description:
      "The answer is the same whether or not the address belongs to anybody. The token lasts one hour.",
    auth: "none",
    body: forgotPasswordBody,
    answers: { 200: messageView, ...badBody, ...limited },
  },
  {
    id: "identity.resetPassword",
    method: "post",
    path: "/api/v1/reset-password",
    summary: "Choose a new password with the token of the mail",
    description:
      "401 with `identity.token-invalid`, `identity.token-used` or `identity.token-expired`. Ends every session of the user and revokes every API key: whoever had got in is out.",
    auth: "none",
    body: resetPasswordBody,
    answers: { 200: messageView, ...badBody, ...unauthenticated, ...limited },
  },
  {
    id: "identity.askVerification",
    method: "post",
    path: "/api/v1/verify-email/request",
    summary: "Ask for a mail that confirms the own address",
    auth: "bearer",
    answers: { 200: messageView, ...forbidden, 409: problemBody, ...limited },
  },
  {
    id: "identity.verifyEmail",
    method: "post",
    path: "/api/v1/verify-email",
    summary: "Confirm an address with the token of the mail",
    auth: "none",
    body: verifyEmailBody,
    answers: { 200: messageView, ...badBody, ...unauthenticated, ...limited },
  },
];

const id = "{id}";
const sessions: readonly Operation[] = [
  {
    id: "identity.listSessions",
    method: "get",
    path: "/api/v1/sessions",
    summary: "The own sessions, newest use first",
    auth: "bearer",
    answers: { 200: z.object({ sessions: z.array(sessionView) }), ...forbidden },
  },
  {
    id: "identity.endSession",
    method: "delete",
    path: `/api/v1/sessions/${id}`,
    summary: "End one of the own sessions",
    auth: "bearer",
    answers: { 204: null, ...forbidden, 404: problemBody },
  },
  {
    id: "identity.endOtherSessions",
    method: "delete",
    path: "/api/v1/sessions",
    summary: "End all of the own sessions but this one",
    auth: "bearer",
    answers: { 200: z.object({ ended: z.int() }), ...forbidden },
  },
];

const apiKeys: readonly Operation[] = [
  {
    id: "identity.createApiKey",
    method: "post",
    path: "/api/v1/api-keys",
    summary: "Make an API key (personal access token)",
    description:
      "The key is in this answer and nowhere after. It acts as its maker, narrowed by its scopes and, where given, to the bases and workspaces named. Needs a session: a key cannot make keys.",
    auth: "bearer",
    body: createApiKeyBody,
    answers: { 201: newApiKeyView, ...badBody, ...forbidden, 409: problemBody },
  },
  {
    id: "identity.listApiKeys",
    method: "get",
    path: "/api/v1/api-keys",
    summary: "The own API keys",
    auth: "bearer",
    answers: { 200: z.object({ keys: z.array(apiKeyView) }), ...forbidden },
  },
  {
    id: "identity.getApiKey",
    method: "get",
    path: `/api/v1/api-keys/${id}`,
    summary: "One of the own API keys",
    auth: "bearer",
    answers: { 200: apiKeyView, ...forbidden, 404: problemBody },
  },
  {
    id: "identity.revokeApiKey",
    method: "delete",
    path: `/api/v1/api-keys/${id}`,
    summary: "Revoke one of the own API keys at once",
    description:
      "Needs a session, or the key itself: a program can give back the key that it holds.",
    auth: "bearer",
    answers: { 204: null, ...forbidden, 404: problemBody },
  },
];

const twoFactor: readonly Operation[] = [
  {
    id: "identity.setUpTwoFactor",
    method: "post",
    path: "/api/v1/two-factor/setup",
    summary: "Begin with a second factor: a secret for the authenticator",
    auth: "bearer",
    body: passwordBody,
    answers: {
      201: z.object({ secret: z.string(), uri: z.string() }),
      ...badBody,
      ...forbidden,
      409: problemBody,
      ...limited,
    },
  },
  {
    id: "identity.confirmTwoFactor",
    method: "post",
    path: "/api/v1/two-factor/confirm",
    summary: "Switch the second factor on with a first code; answers the backup codes, once",
    auth: "bearer",
    body: codeBody,
    answers: {
      200: z.object({ backupCodes: z.array(z.string()) }),
      ...badBody,
      ...forbidden,
      409: problemBody,
      ...limited,
    },
  },
  {
    id: "identity.renewBackupCodes",
    method: "post",
    path: "/api/v1/two-factor/backup-codes",
    summary: "Replace the backup codes",
    auth: "bearer",
    body: passwordBody,
    answers: {
      200: z.object({ backupCodes: z.array(z.string()) }),
      ...badBody,
      ...forbidden,
      409: problemBody,
      ...limited,
    },
  },
  {
    id: "identity.disableTwoFactor",
    method: "post",
    path: "/api/v1/two-factor/disable",
    summary: "Switch the second factor off",
    auth: "bearer",
    body: passwordBody,
    answers: { 204: null, ...badBody, ...forbidden, ...limited },
  },
];

const users: readonly Operation[] = [
  {
    id: "identity.listUsers",
    method: "get",
    path: "/api/v1/users",
    summary: "The users of the instance, oldest first",
    auth: "bearer",
    scope: "enterprise.user:read",
    query: listUsersQuery,
    answers: {
      200: z.object({ users: z.array(userAdminView), offset: z.string().optional() }),
      ...forbidden,
      422: problemBody,
    },
  },
  {
    id: "identity.createUser",
    method: "post",
    path: "/api/v1/users",
    summary: "Make a user",
    auth: "bearer",
    scope: "enterprise.user:write",
    body: createUserBody,
    answers: { 201: userAdminView, ...badBody, ...forbidden, 409: problemBody },
  },
  {
    id: "identity.createUsers",
    method: "post",
    path: "/api/v1/users/bulk",
    summary: "Make many users; each row has its own outcome",
    auth: "bearer",
    scope: "enterprise.user:write",
    body: bulkUsersBody,
    answers: { 200: z.object({ outcomes: z.array(bulkOutcome) }), ...badBody, ...forbidden },
  },
  {
    id: "identity.getUser",
    method: "get",
    path: `/api/v1/users/${id}`,
    summary: "One user",
    auth: "bearer",
    scope: "enterprise.user:read",
    answers: { 200: userAdminView, ...forbidden, 404: problemBody },
  },
  {
    id: "identity.updateUser",
    method: "patch",
    path: `/api/v1/users/${id}`,
    summary: "Change a user: name, disabled, administrator, lost second factor",
    description:
      "Whoever is disabled is signed out at once, keys included. The last administrator stays one.",
    auth: "bearer",
    scope: "enterprise.user:write",
    body: updateUserBody,
    answers: { 200: userAdminView, ...badBody, ...forbidden, 404: problemBody, 409: problemBody },
  },
  {
    id: "identity.deleteUser",
    method: "delete",
    path: `/api/v1/users/${id}`,
    summary: "Delete a user",
    description:
      "Sessions and keys stop at once; the e-mail is free again; what the user made still names them.",
    auth: "bearer",
    scope: "enterprise.user:write",
    answers: { 204: null, ...forbidden, 404: problemBody, 409: problemBody },
  },
];

/** Every operation of the module `identity`. */
export const identityOperations: readonly Operation[] = [
  ...signIn,
  ...ownAccount,
  ...sessions,
  ...apiKeys,
  ...twoFactor,
  ...users,
];
