import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "./caller.ts";
import type { Taken, Upstreams } from "./upstreams.ts";

/** Sends a copy of a message to the shadow of its route, where it has one. */
export function shadowOf(
  _upstreams: Upstreams,
  _taken: Taken | undefined,
  _call: {
    readonly message: IncomingMessage;
    readonly response: ServerResponse;
    readonly caller: Caller;
  },
): void {}
