import { type HotAnswer, newId, type UserActor } from "#kernel";
import type { Exchange } from "../exchange.ts";
import type { VettedHeaders } from "./vet-headers.ts";
import type { HeldBucket } from "../limits/rate-limits.ts";

/** The exchange of a request that is answered from memory; what only others need is made when they ask for it. */
export class HotExchange implements Exchange {
  readonly surface = "airtable";
  readonly routeClass = "read";
  readonly startedMs = performance.now();
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly address: string;
  readonly traceparent: string | undefined;
  readonly actor: UserActor;
  readonly userId: string;
  readonly baseId: string;
  endpoint: string;
  buckets?: readonly HeldBucket[];
  isRunning = false;
  #abort: AbortController | undefined;

  constructor(call: {
    readonly method: string;
    readonly path: string;
    readonly vetted: Pick<VettedHeaders, "requestId" | "traceparent" | "address">;
    readonly actor: UserActor;
    readonly answer: HotAnswer;
  }) {
    const { requestId } = call.vetted;
    this.requestId =
      requestId !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(requestId)
        ? requestId
        : newId("req");
    this.method = call.method;
    this.path = call.path;
    this.traceparent = call.vetted.traceparent;
    this.address = call.vetted.address;
    this.actor = call.actor;
    this.userId = call.actor.userId;
    this.baseId = call.answer.baseId;
    this.endpoint = call.answer.endpoint;
  }

  get abort(): AbortController {
    this.#abort ??= new AbortController();
    return this.#abort;
  }
}
