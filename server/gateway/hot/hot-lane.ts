import type { IncomingMessage, ServerResponse } from "node:http";
import { type HotReads, isTagNamed, type Metrics, type Problem, type UserActor } from "#kernel";
import { type Exchange, pathOf } from "../exchange.ts";
import type { Pipeline } from "../pipeline.ts";
import { HotExchange } from "./hot-exchange.ts";
import { HotForms } from "./hot-form.ts";
import { Outgoing } from "./outgoing.ts";
import { headerVetting } from "./vet-headers.ts";

/** What the lane answers from. */
export interface HotSource {
  readonly reads: HotReads;
  /** Who sent this `Authorization` header, where that is in memory. */
  readonly knownActor: (authorization: string) => UserActor | undefined;
}

export interface HotLaneOptions extends HotSource {
  readonly metrics: Metrics;
  readonly pipeline: Pick<
    Pipeline,
    "admission" | "ask" | "done" | "dress" | "dressVersion" | "upstreams"
  >;
  readonly addressOf: (remote: string | undefined, forwarded: string | null) => string;
  /** Takes a request on that limits did not let in at once: its exchange has been counted. */
  readonly onward: (
    call: { readonly message: IncomingMessage; readonly response: ServerResponse },
    exchange: Exchange,
    refusing: Problem | Promise<Problem | undefined>,
  ) => void;
}

/**
 * Answers a read that is in memory before anything is made for it; true where it has. Whatever is not quite usual (a body, another
 * origin, a token that has not been seen lately) is left to the ordinary way, which knows everything.
 */
export type HotLane = (message: IncomingMessage, response: ServerResponse) => boolean;

/** Makes the lane. What it answers, the ordinary way would answer alike: `journeys/hot-lane-agrees.test.ts`. */
export function hotLane({
  metrics,
  reads,
  knownActor,
  pipeline,
  addressOf,
  onward,
}: HotLaneOptions): HotLane {
  const forms = new HotForms(pipeline);
  const vet = headerVetting(addressOf);
  const { admission, upstreams } = pipeline;
  const outgoing = new Outgoing(pipeline);
  metrics.gauge(
    "gateway_hot_answers",
    "Requests answered from memory before anything was made for them, since the start",
    [],
    (gauge) => gauge.set(outgoing.count),
  );

  return (message, response) => {
    const { method = "", url = "" } = message;
    if ((method !== "GET" && method !== "HEAD") || !url.startsWith("/v0/app")) {
      return false;
    }
    const vetted = vet(message);
    if (vetted === undefined || upstreams?.find(method, url, message.headers.host) !== undefined) {
      return false;
    }
    const { ifNoneMatch, extended, minTxn } = vetted;
    const actor = knownActor(vetted.authorization);
    if (actor === undefined) {
      return false;
    }
    const answer = reads.find({ target: url, actor, extended, minTxn });
    if (answer === undefined) {
      return false;
    }
    const path = pathOf(url);
    const form =
      ifNoneMatch !== undefined && isTagNamed(ifNoneMatch, answer.etag)
        ? forms.unchanged(answer, path)
        : forms.find(answer, path, vetted.acceptEncoding);
    if (form === undefined) {
      return false;
    }
    const exchange = new HotExchange({ method, path, vetted, actor, answer });
    const refusing = pipeline.ask(exchange);
    if (refusing !== undefined) {
      onward({ message, response }, exchange, refusing);
      return true;
    }
    outgoing.add({
      response,
      exchange,
      form,
      txn: answer.txn,
      isBare: method === "HEAD",
      limits: exchange.buckets === undefined ? [] : admission.headersOf(exchange),
    });
    return true;
  };
}
