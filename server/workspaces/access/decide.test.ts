import { actionNames, roleNames, type ActionName, type RoleName } from "@basalt/contract";
import { describe, expect, test } from "vitest";
import type { KeyCredential, SessionCredential } from "#kernel";
import type { Access, ActiveGrant } from "./access.ts";
import { actionRules } from "./actions.ts";
import { decide, levelOf, type Verdict } from "./decide.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const session: SessionCredential = { kind: "session", sessionId: "ses1" };

/** Written out, so that a change of the rules shows here. Columns: owner, creator, editor, commenter, read-only. */
const expected: Readonly<Record<ActionName, string>> = {
  "records.read": "yyyyy",
  "records.write": "yyynn",
  "changes.read": "yyyyy",
  "comments.read": "yyyyy",
  "comments.write": "yyyyn",
  "schema.read": "yyyyy",
  "schema.write": "yynnn",
  "views.read": "yyyyy",
  "views.write": "yyynn",
  "webhooks.read": "yyyyy",
  "webhooks.manage": "yynnn",
  "collaborators.read": "yyyyy",
  "collaborators.manage": "yynnn",
  "shares.manage": "yynnn",
  "grants.manage": "yynnn",
  "audit.read": "yynnn",
  "base.read": "yyyyy",
  "base.update": "yynnn",
  "base.delete": "yynnn",
  "base.create": "yynnn",
  "base.restore": "yynnn",
  "workspace.read": "yyyyy",
  "workspace.update": "yynnn",
  "workspace.delete": "ynnnn",
  "workspace.transfer": "ynnnn",
  "events.write": "yyyyy",
  "analytics.read": "yynnn",
  "usage.read": "yynnn",
};

function onWorkspace(role: RoleName | null, grants: readonly ActiveGrant[] = []): Access {
  return {
    userId: "usr1",
    workspaceId: "wsp1",
    baseId: null,
    workspaceRole: role,
    baseRole: null,
    grants,
  };
}

function onBase(
  roles: { workspace?: RoleName; base?: RoleName },
  grants: readonly ActiveGrant[] = [],
): Access {
  const { workspace = null, base = null } = roles;
  return {
    userId: "usr1",
    workspaceId: "wsp1",
    baseId: "app1",
    workspaceRole: workspace,
    baseRole: base,
    grants,
  };
}

function grant(more: Partial<ActiveGrant>): ActiveGrant {
  return {
    id: "grt1",
    effect: "allow",
    role: null,
    actions: [],
    reason: "because",
    expiresAt: null,
    ...more,
  };
}

function key(more: Partial<KeyCredential> = {}): KeyCredential {
  return { kind: "key", keyId: "pat1", scopes: new Set(), bases: null, workspaces: null, ...more };
}

function ask(
  action: ActionName,
  access: Access | undefined,
  credential: KeyCredential | SessionCredential = session,
): Verdict {
  return decide({ action, access, credential, now: NOW });
}

describe.each(actionNames)("%s", (action) => {
  const cases = roleNames.map((role, index) => ({
    role,
    allowed: expected[action][index] === "y",
  }));

  test.each(cases)("$role on the workspace: $allowed", ({ role, allowed }) => {
    expect(ask(action, onWorkspace(role))).toMatchObject({
      allowed,
      kind: allowed ? "allowed" : "weak",
    });
  });

  test.each(cases)("$role on the base: $allowed", ({ role, allowed }) => {
    expect(ask(action, onBase({ base: role })).allowed).toBe(allowed);
  });

  test("nobody: as if the place did not exist", () => {
    expect(ask(action, onWorkspace(null))).toEqual(ask(action, undefined));
    expect(ask(action, onBase({})).kind).toBe("unknown");
  });

  test("an owner's token without the scope is refused before anything else is said", () => {
    expect(ask(action, onWorkspace("owner"), key())).toMatchObject({
      allowed: false,
      kind: "scope",
    });
    expect(ask(action, undefined, key())).toEqual(ask(action, onWorkspace("owner"), key()));
  });

  test("an owner's token with just the scope is let in", () => {
    const scopes = new Set([actionRules[action].scope]);
    expect(ask(action, onWorkspace("owner"), key({ scopes })).allowed).toBe(true);
  });

  test("a denial of everything hides the place even from an owner", () => {
    const access = onBase({ workspace: "owner" }, [
      grant({ effect: "deny" }),
      grant({ role: "owner" }),
    ]);
    expect(ask(action, access)).toEqual(ask(action, undefined));
    expect(levelOf(access, NOW)).toBe(0);
  });
});

describe("roles", () => {
  test("the stronger of base and workspace counts, and the reason names it", () => {
    expect(ask("records.write", onBase({ workspace: "read-only", base: "editor" }))).toMatchObject({
      allowed: true,
      reason: "The role editor on the base allows records.write.",
    });
    expect(ask("records.write", onBase({ workspace: "editor", base: "read-only" }))).toMatchObject({
      allowed: true,
      reason: "The role editor on the workspace allows records.write.",
    });
  });

  test("a refusal says what it takes", () => {
    expect(ask("records.write", onWorkspace("commenter")).reason).toBe(
      "The role commenter on the workspace does not allow records.write; it takes editor.",
    );
  });
});

describe("tokens that are limited", () => {
  const scopes = new Set(["data.records:read", "workspacesAndBases:read"]);

  test.each([
    ["to this base", { bases: new Set(["app1"]) }, true],
    ["to another base", { bases: new Set(["app2"]) }, false],
    ["to no base at all", { bases: new Set<string>() }, false],
    ["to the workspace", { workspaces: new Set(["wsp1"]) }, true],
    ["to another workspace", { workspaces: new Set(["wsp2"]) }, false],
    [
      "to another base and this workspace",
      { bases: new Set(["app2"]), workspaces: new Set(["wsp1"]) },
      true,
    ],
  ])("%s", (_, limits, allowed) => {
    const verdict = ask("records.read", onBase({ workspace: "owner" }), key({ scopes, ...limits }));
    expect(verdict.allowed).toBe(allowed);
    expect(verdict.kind).toBe(allowed ? "allowed" : "unknown");
  });

  test("a token for a base does not reach its workspace", () => {
    const limited = key({ scopes, bases: new Set(["app1"]) });
    expect(ask("workspace.read", onWorkspace("owner"), limited).kind).toBe("unknown");
  });
});

describe("grants", () => {
  test.each<[string, Access, ActionName, Verdict["kind"]]>([
    [
      "an allowed action without a role",
      onBase({}, [grant({ actions: ["records.read"] })]),
      "records.read",
      "allowed",
    ],
    [
      "another action than the allowed one",
      onBase({}, [grant({ actions: ["records.read"] })]),
      "records.write",
      "weak",
    ],
    [
      "a granted role raises",
      onBase({ base: "read-only" }, [grant({ role: "editor" })]),
      "records.write",
      "allowed",
    ],
    [
      "a granted role ends where it ends",
      onBase({ base: "read-only" }, [grant({ role: "editor" })]),
      "schema.write",
      "weak",
    ],
    [
      "a denial beats the role",
      onBase({ workspace: "owner" }, [grant({ effect: "deny", actions: ["records.write"] })]),
      "records.write",
      "weak",
    ],
    [
      "a denial leaves the rest",
      onBase({ workspace: "owner" }, [grant({ effect: "deny", actions: ["records.write"] })]),
      "records.read",
      "allowed",
    ],
    [
      "a denial beats an allowance, whichever came first",
      onBase({}, [grant({ role: "owner" }), grant({ effect: "deny", actions: ["records.read"] })]),
      "records.read",
      "weak",
    ],
    [
      "an expired allowance is none",
      onBase({}, [grant({ role: "owner", expiresAt: NOW.getTime() })]),
      "records.read",
      "unknown",
    ],
    [
      "an expired denial is none",
      onBase({ base: "editor" }, [grant({ effect: "deny", expiresAt: NOW.getTime() - 1 })]),
      "records.write",
      "allowed",
    ],
    [
      "one that has not expired yet counts",
      onBase({}, [grant({ role: "editor", expiresAt: NOW.getTime() + 1 })]),
      "records.write",
      "allowed",
    ],
  ])("%s", (...[, access, action, kind]) => {
    expect(ask(action, access).kind).toBe(kind);
  });

  test("the reason names the grant and its own reason", () => {
    const denial = grant({
      id: "grt7",
      effect: "deny",
      actions: ["records.write"],
      reason: "audit in March",
    });
    expect(ask("records.write", onBase({ base: "editor" }, [denial])).reason).toBe(
      "Denied by grant grt7: audit in March",
    );
  });

  test("a granted role counts for the level, a granted action does not", () => {
    expect(levelOf(onBase({}, [grant({ role: "editor" })]), NOW)).toBe(3);
    expect(levelOf(onBase({}, [grant({ actions: ["records.write"] })]), NOW)).toBe(0);
  });
});
