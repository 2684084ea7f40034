import type { ActionName } from "@basalt/contract";
import type { Scope, SessionCredential } from "#kernel";
import { requireUser } from "#identity";
import { readAccess } from "./access-cache.ts";
import type { Access, Place } from "./access.ts";
import { actionRules, type ActionRule } from "./actions.ts";
import { decide, type Verdict } from "./decide.ts";

export interface PermissionQuestion {
  readonly action: ActionName;
  readonly place: Place;
  /** About somebody else: answered to those who manage collaborators there. */
  readonly userId?: string | undefined;
}

export interface PermissionAnswer {
  readonly allowed: boolean;
  readonly reason: string;
}

/**
 * Answers questions with a reason that names the role, grant or rule, in the order asked. Never refuses: what may not be
 * known is answered as not allowed. At most two statements, whatever the number.
 * Problems: `kernel.not-signed-in`.
 */
export async function check(
  scope: Scope,
  questions: readonly PermissionQuestion[],
): Promise<readonly PermissionAnswer[]> {
  if (scope.actor.kind === "system") {
    return questions.map(() => ({
      allowed: true,
      reason: "The program itself may do everything.",
    }));
  }
  const actor = requireUser(scope);
  const now = scope.now();
  const own = questions.map(({ place }) => ({ userId: actor.userId, place }));
  const others = questions.map(({ place, userId }) => ({ userId: userId ?? actor.userId, place }));
  const accesses = await readAccess(scope.db, [...own, ...others], now);
  return questions.map((question, index) => {
    const ownAccess = accesses[index];
    const wrong = wrongPlace(question);
    if (wrong !== undefined) {
      return wrong;
    }
    if (question.userId === undefined || question.userId === actor.userId) {
      return shown(
        decide({ action: question.action, access: ownAccess, credential: actor.credential, now }),
      );
    }
    const mayAsk = decide({
      action: "collaborators.manage",
      access: ownAccess,
      credential: actor.credential,
      now,
    });
    return mayAsk.allowed
      ? aboutAnother(question, accesses[questions.length + index], now)
      : MAY_NOT_ASK;
  });
}

const MAY_NOT_ASK: PermissionAnswer = {
  allowed: false,
  reason: "Only those who manage collaborators there may ask about somebody else.",
};

/** Without a token: what the user could do when signed in. */
const SIGNED_IN: SessionCredential = { kind: "session", sessionId: "" };

function aboutAnother(
  { action }: PermissionQuestion,
  access: Access | undefined,
  now: Date,
): PermissionAnswer {
  const verdict = decide({ action, access, credential: SIGNED_IN, now });
  return verdict.kind === "unknown"
    ? { allowed: false, reason: "The user has no access there." }
    : shown(verdict);
}

function wrongPlace({ action, place }: PermissionQuestion): PermissionAnswer | undefined {
  const rule: ActionRule = actionRules[action];
  return rule.workspaceOnly === true && "baseId" in place
    ? { allowed: false, reason: `${action} is asked of a workspace, not of a base.` }
    : undefined;
}

function shown({ allowed, reason }: Verdict): PermissionAnswer {
  return { allowed, reason };
}
