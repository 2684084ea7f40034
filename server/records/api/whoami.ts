import { hasScope } from "#identity";
import { requireActor } from "#kernel";
import { plainAnswer } from "./answers.ts";
import type { Call } from "./call.ts";

/** `GET /v0/meta/whoami`: needs no scope; the e-mail address needs one. */
export async function whoami({ scope }: Call): Promise<Response> {
  const { userId, email } = requireActor(scope);
  return plainAnswer(
    hasScope(scope.actor, "user.email:read") ? { id: userId, email } : { id: userId },
  );
}
