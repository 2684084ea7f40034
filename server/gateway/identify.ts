import { type Actor, Problem } from "#kernel";
import type { Exchange } from "./exchange.ts";
import type { GatewayOptions } from "./gateway.ts";

/**
 * Tokens of one address that are looked up at once: who guesses tokens must not keep the database busy. Many, because behind a proxy that
 * is not declared all users have one address, and after a start none of them is known.
 */
const LOOKUPS_PER_ADDRESS_MAX = 256;

/**
 * Finds out who asks and writes it on the exchange: at once where the token was seen lately, else with a promise. A refused
 * token is kept on the exchange until a route asks for somebody. The same token is looked up once at a time.
 * Problem (rejects): `gateway.too-many-lookups`.
 */
export function identifier({
  world,
  actorOf,
}: Pick<GatewayOptions, "world" | "actorOf">): (
  exchange: Exchange,
  authorization: string | null,
) => void | Promise<void> {
  const pending = new Map<string, Promise<Actor>>();
  const perAddress = new Map<string, number>();

  const lookUp = (found: Promise<Actor>, address: string, authorization: string): void => {
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
    pending.set(authorization, found);
    const end = (): void => {
      pending.delete(authorization);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) {
        perAddress.delete(address);
      } else {
        perAddress.set(address, left);
      }
    };
    found.then(end, end);
  };

  return (exchange, authorization) => {
    if (authorization === null) {
      return undefined;
    }
    const { address } = exchange;
    const running = pending.get(authorization);
    if (running === undefined && (perAddress.get(address) ?? 0) >= LOOKUPS_PER_ADDRESS_MAX) {
      return Promise.reject(tooManyLookups());
    }
    try {
      const found = running ?? actorOf(world, authorization);
      if (!(found instanceof Promise)) {
        note(exchange, found);
        return undefined;
      }
      if (running === undefined) {
        lookUp(found, address, authorization);
      }
      return found.then(
        (actor) => note(exchange, actor),
        (error: unknown) => noteRefusal(exchange, error),
      );
    } catch (error) {
      noteRefusal(exchange, error);
      return undefined;
    }
  };
}

function note(exchange: Exchange, actor: Actor): void {
  exchange.actor = actor;
  if (actor.kind === "user") {
    exchange.userId = actor.userId;
  }
}

function noteRefusal(exchange: Exchange, error: unknown): void {
  if (!(error instanceof Problem)) {
    throw error;
  }
  exchange.authProblem = error;
}

function tooManyLookups(): Problem {
  return new Problem("too-many-requests", "gateway.too-many-lookups", {
    message: "Too many unknown tokens come from your address at once.",
    retryAfterS: 1,
  });
}
