import { Hono, type Context } from "hono";
import type { z } from "zod";
import {
  bulkUsersBody,
  changePasswordBody,
  codeBody,
  createApiKeyBody,
  createUserBody,
  forgotPasswordBody,
  listUsersQuery,
  loginBody,
  passwordBody,
  refreshBody,
  registerBody,
  resetPasswordBody,
  secondFactorBody,
  updateMeBody,
  updateUserBody,
  verifyEmailBody,
} from "@basalt/contract";
import { jsonAnswer, parseWith, Problem, readJson, type HttpEnv, type World } from "#kernel";
import { createOwnApiKey, getApiKey, listApiKeys, revokeApiKey } from "./keys/api-keys.ts";
import { changePassword } from "./passwords/change-password.ts";
import { forgotPassword, resetPassword } from "./passwords/reset-password.ts";
import { requireAdmin, requireSession, requireUser } from "./require.ts";
import { finishLogin } from "./second-factor/finish-login.ts";
import {
  confirmTwoFactor,
  disableTwoFactor,
  renewBackupCodes,
  setUpTwoFactor,
} from "./second-factor/second-factor.ts";
import { login } from "./sessions/login.ts";
import { refresh } from "./sessions/refresh.ts";
import { endOtherSessions, endSession, listSessions, logOut } from "./sessions/sessions.ts";
import { identityOf } from "./state.ts";
import { deleteUser, getUser, listUsers, updateUser } from "./users/administer-users.ts";
import { createUserAsAdmin, createUsers } from "./users/create-users.ts";
import { ownProfile, renameSelf } from "./users/own-profile.ts";
import { register } from "./users/register.ts";
import { askVerification, verifyEmail } from "./users/verify-email.ts";
import { showApiKey, showMe, showSession, showSignIn, showUser, showUserToAdmin } from "./views.ts";

type Call = Context<HttpEnv>;

/**
 * Routes that take no `Idempotency-Key`: their answers hold secrets, which must not be kept, and a wrong password must
 * stay counted although the answer is a failure.
 */
export const identityWithoutKeys: readonly string[] = [
  "/api/v1/register",
  "/api/v1/auth/register",
  "/api/v1/login",
  "/api/v1/auth/login",
  "/api/v1/login/second-factor",
  "/api/v1/refresh",
  "/api/v1/change-password",
  "/api/v1/forgot-password",
  "/api/v1/reset-password",
  "/api/v1/verify-email",
  "/api/v1/verify-email/request",
  "/api/v1/api-keys",
  "/api/v1/two-factor/setup",
  "/api/v1/two-factor/confirm",
  "/api/v1/two-factor/backup-codes",
  "/api/v1/two-factor/disable",
];

/** The HTTP face of the module: wire to use case and back. From here on the module listens to signals of other processes. */
export function identityRoutes(world: World): Hono<HttpEnv> {
  identityOf(world);
  const app = new Hono<HttpEnv>();
  signInRoutes(app);
  accountRoutes(app);
  sessionRoutes(app);
  apiKeyRoutes(app);
  twoFactorRoutes(app);
  userRoutes(app);
  return app;
}

const FORGOT_ANSWER = "If there is an account with this address, a mail is on its way.";

function signInRoutes(app: Hono<HttpEnv>): void {
  const registering = async (c: Call): Promise<Response> => {
    const body = await bodyOf(c, registerBody);
    return secret(
      showSignIn(await register(c.get("scope"), { ...body, userAgent: userAgentOf(c) })),
      201,
    );
  };
  const signingIn = async (c: Call): Promise<Response> => {
    const body = await loginBodyOf(c);
    return secret(showSignIn(await login(c.get("scope"), { ...body, userAgent: userAgentOf(c) })));
  };
  app.post("/api/v1/register", registering);
  app.post("/api/v1/auth/register", registering);
  app.post("/api/v1/login", signingIn);
  app.post("/api/v1/auth/login", signingIn);
  app.post("/api/v1/login/second-factor", async (c) => {
    const body = await bodyOf(c, secondFactorBody);
    return secret(
      showSignIn(await finishLogin(c.get("scope"), { ...body, userAgent: userAgentOf(c) })),
    );
  });
  app.post("/api/v1/refresh", async (c) => {
    const { refreshToken } = await bodyOf(c, refreshBody);
    return secret(showSignIn(await refresh(c.get("scope"), refreshToken)));
  });
  app.post("/api/v1/logout", async (c) => {
    await logOut(c.get("scope"));
    return c.body(null, 204);
  });
}

function accountRoutes(app: Hono<HttpEnv>): void {
  app.get("/api/v1/me", async (c) => {
    const scope = c.get("scope");
    const actor = requireUser(scope);
    return secret(showMe(await ownProfile(scope), actor));
  });
  app.put("/api/v1/me", async (c) => {
    requireSession(c.get("scope"));
    const { name } = await bodyOf(c, updateMeBody);
    return secret(showUser(await renameSelf(c.get("scope"), name)));
  });
  app.post("/api/v1/change-password", async (c) => {
    requireSession(c.get("scope"));
    const body = await bodyOf(c, changePasswordBody);
    return secret(
      showSignIn(await changePassword(c.get("scope"), { ...body, userAgent: userAgentOf(c) })),
    );
  });
  app.post("/api/v1/forgot-password", async (c) => {
    const { email } = await bodyOf(c, forgotPasswordBody);
    await forgotPassword(c.get("scope"), email);
    return jsonAnswer({ message: FORGOT_ANSWER });
  });
  app.post("/api/v1/reset-password", async (c) => {
    await resetPassword(c.get("scope"), await bodyOf(c, resetPasswordBody));
    return jsonAnswer({ message: "The password was changed. Sign in with the new one." });
  });
  app.post("/api/v1/verify-email/request", async (c) => {
    await askVerification(c.get("scope"));
    return jsonAnswer({ message: "A mail is on its way." });
  });
  app.post("/api/v1/verify-email", async (c) => {
    const { token } = await bodyOf(c, verifyEmailBody);
    await verifyEmail(c.get("scope"), token);
    return jsonAnswer({ message: "The address is confirmed." });
  });
}

function sessionRoutes(app: Hono<HttpEnv>): void {
  app.get("/api/v1/sessions", async (c) =>
    secret({ sessions: (await listSessions(c.get("scope"))).map(showSession) }),
  );
  app.delete("/api/v1/sessions", async (c) =>
    jsonAnswer({ ended: await endOtherSessions(c.get("scope")) }),
  );
  app.delete("/api/v1/sessions/:id", async (c) => {
    await endSession(c.get("scope"), c.req.param("id"));
    return c.body(null, 204);
  });
}

function apiKeyRoutes(app: Hono<HttpEnv>): void {
  app.post("/api/v1/api-keys", async (c) => {
    requireSession(c.get("scope"));
    const { expiresAt, ...body } = await bodyOf(c, createApiKeyBody);
    const made = await createOwnApiKey(c.get("scope"), {
      ...body,
      expiresAt: expiresAt == null ? null : new Date(expiresAt),
    });
    return secret({ ...showApiKey(made.row), key: made.text }, 201);
  });
  app.get("/api/v1/api-keys", async (c) =>
    secret({ keys: (await listApiKeys(c.get("scope"))).map(showApiKey) }),
  );
  app.get("/api/v1/api-keys/:id", async (c) =>
    secret(showApiKey(await getApiKey(c.get("scope"), c.req.param("id")))),
  );
  app.delete("/api/v1/api-keys/:id", async (c) => {
    await revokeApiKey(c.get("scope"), c.req.param("id"));
    return c.body(null, 204);
  });
}

function twoFactorRoutes(app: Hono<HttpEnv>): void {
  app.post("/api/v1/two-factor/setup", async (c) => {
    requireSession(c.get("scope"));
    const { password } = await bodyOf(c, passwordBody);
    return secret(await setUpTwoFactor(c.get("scope"), password), 201);
  });
  app.post("/api/v1/two-factor/confirm", async (c) => {
    requireSession(c.get("scope"));
    const { code } = await bodyOf(c, codeBody);
    return secret({ backupCodes: await confirmTwoFactor(c.get("scope"), code) });
  });
  app.post("/api/v1/two-factor/backup-codes", async (c) => {
    requireSession(c.get("scope"));
    const { password } = await bodyOf(c, passwordBody);
    return secret({ backupCodes: await renewBackupCodes(c.get("scope"), password) });
  });
  app.post("/api/v1/two-factor/disable", async (c) => {
    requireSession(c.get("scope"));
    const { password } = await bodyOf(c, passwordBody);
    await disableTwoFactor(c.get("scope"), password);
    return c.body(null, 204);
  });
}

function userRoutes(app: Hono<HttpEnv>): void {
  app.get("/api/v1/users", async (c) => {
    requireAdmin(c.get("scope"), "enterprise.user:read");
    const { users, offset } = await listUsers(
      c.get("scope"),
      parseWith(listUsersQuery, c.req.query()),
    );
    return secret({ users: users.map(showUserToAdmin), offset });
  });
  app.post("/api/v1/users", async (c) => {
    requireAdmin(c.get("scope"), "enterprise.user:write");
    return secret(
      showUserToAdmin(await createUserAsAdmin(c.get("scope"), await bodyOf(c, createUserBody))),
      201,
    );
  });
  app.post("/api/v1/users/bulk", async (c) => {
    requireAdmin(c.get("scope"), "enterprise.user:write");
    const { users } = await bodyOf(c, bulkUsersBody);
    return secret({ outcomes: await createUsers(c.get("scope"), users) });
  });
  app.get("/api/v1/users/:id{usr\\w+}", async (c) =>
    secret(showUserToAdmin(await getUser(c.get("scope"), c.req.param("id")))),
  );
  app.patch("/api/v1/users/:id{usr\\w+}", async (c) => {
    requireAdmin(c.get("scope"), "enterprise.user:write");
    const change = await bodyOf(c, updateUserBody);
    return secret(showUserToAdmin(await updateUser(c.get("scope"), c.req.param("id"), change)));
  });
  app.delete("/api/v1/users/:id{usr\\w+}", async (c) => {
    await deleteUser(c.get("scope"), c.req.param("id"));
    return c.body(null, 204);
  });
}

async function bodyOf<T>(c: Call, schema: z.ZodType<T>): Promise<T> {
  return parseWith(schema, await readJson(c.req.raw));
}

/** Sign-in answers every malformed body with 400 and the same plain text; the fields say what is wrong. */
async function loginBodyOf(c: Call): Promise<z.infer<typeof loginBody>> {
  try {
    return await bodyOf(c, loginBody);
  } catch (error) {
    if (!(error instanceof Problem) || (error.kind !== "invalid" && error.kind !== "malformed")) {
      throw error;
    }
    throw new Problem("malformed", "identity.invalid-request", {
      message: "Invalid request",
      extra: { error: "Invalid request" },
      ...(error.details.fields === undefined ? {} : { fields: error.details.fields }),
    });
  }
}

/** An answer that no cache may keep. */
function secret(value: unknown, status = 200): Response {
  return jsonAnswer(value, { status, headers: { "cache-control": "no-store" } });
}

function userAgentOf(c: Call): string {
  return c.req.header("user-agent") ?? "";
}
