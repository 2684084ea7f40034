import type { Problem } from "#kernel";
import type { Exchange } from "./exchange.ts";
import type { GatewayOptions } from "./gateway.ts";
import type { Outcome } from "./recorder.ts";

/** On whose account an exchange goes: what is counted of it, and whether the account has room for it. */
export interface Account {
  /** After what the limits say: why the request must not be served. Problem (answered): `kernel.quota-exceeded`. */
  after(
    verdict: Problem | undefined | Promise<Problem | undefined>,
    exchange: Exchange,
  ): Problem | undefined | Promise<Problem | undefined>;
  /** Counts a finished exchange. */
  count(exchange: Exchange, outcome: Outcome): void;
}

/** The accounts that the options keep; without any, nothing is counted and everything has room. */
export function openAccount({ meter, quota }: GatewayOptions): Account {
  const refuse = ({ actor, path, baseId }: Exchange): Problem | undefined =>
    actor.kind === "user" && quota !== undefined
      ? quota({ actor, path, baseId, workspaceId: workspaceIdIn(path) })
      : undefined;
  return {
    after: (verdict, exchange) =>
      verdict instanceof Promise
        ? verdict.then((refusal) => refusal ?? refuse(exchange))
        : (verdict ?? refuse(exchange)),
    count: (exchange, { status, bytesIn, bytesOut }) => {
      const { actor, path, baseId, method, endpoint } = exchange;
      if (meter === undefined || actor.kind !== "user") {
        return;
      }
      const { userId, credential } = actor;
      const keyId = credential.kind === "key" ? credential.keyId : undefined;
      const workspaceId = workspaceIdIn(path);
      const counts = { method, endpoint, status, bytesIn, bytesOut };
      meter({ userId, keyId, baseId, workspaceId, ...counts });
    },
  };
}

const WORKSPACES = "/api/v1/workspaces/";
const ID_LENGTH = 17;

/** The workspace that a path names. */
function workspaceIdIn(path: string): string | undefined {
  if (!path.startsWith(WORKSPACES)) {
    return undefined;
  }
  const id = path.slice(WORKSPACES.length, WORKSPACES.length + ID_LENGTH);
  return /^wsp[A-Za-z0-9]{14}$/.test(id) ? id : undefined;
}
