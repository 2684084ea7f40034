import { allow } from "#workspaces";
import type { BaseSchema } from "../schema/base-schema.ts";
import { computedGraph } from "../computed/graph.ts";
import { isComputing, untilComputed } from "../computed/computing-state.ts";
import { findTable } from "../schema/find.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import type { Call, Endpoint } from "./call.ts";

/** On answers about records: computed cells of the table are older than what they are computed from. */
export const COMPUTING_HEADER = "x-basalt-computing";

/** A read that waits for computed fields where `Prefer: wait=computed` asks for it, and says so where they are behind. */
export function computedRead(endpoint: Endpoint): Endpoint {
  return async (call) => {
    const schema = await baseOf(call);
    if (schema === undefined) {
      return endpoint(call);
    }
    if (wantsToWait(call) && (await mayRead(call))) {
      await waitedFor(call, schema.baseId);
    }
    // Asked before the read: what is done meanwhile makes the answer better than it says, never worse.
    const computing = await isComputing(call.scope, schema, tableIdOf(call, schema));
    return marked(await endpoint(call), computing);
  };
}

/** A write that waits, where it is asked to, until what follows from it has been computed. */
export function computedWrite(endpoint: Endpoint): Endpoint {
  return async (call) => {
    const response = await endpoint(call);
    const schema = response.ok ? await baseOf(call) : undefined;
    if (schema === undefined) {
      return response;
    }
    const done = wantsToWait(call) && (await waitedFor(call, schema.baseId));
    return marked(
      response,
      !done && (await isComputing(call.scope, schema, tableIdOf(call, schema))),
    );
  };
}

const waits = new WeakMap<Request, Promise<boolean>>();

/** Waits until the base has nothing left to compute: once a request, however often it is asked. Answers whether it has. */
export async function waitedFor(
  { scope, request }: Pick<Call, "scope" | "request">,
  baseId: string,
): Promise<boolean> {
  const waiting = waits.get(request) ?? untilComputed(scope, { baseId });
  waits.set(request, waiting);
  return waiting;
}

/** The schema of a base with computed fields; the endpoint itself refuses those who may not see it. */
async function baseOf({ scope, params }: Call): Promise<BaseSchema | undefined> {
  const schema = await Promise.resolve(schemaOf(scope, params.baseId)).catch(() => undefined);
  return schema === undefined || computedGraph(schema).byField.size === 0 ? undefined : schema;
}

/** Nobody waits for a base that they may not see. */
async function mayRead({ scope, params }: Call): Promise<boolean> {
  return allow(scope, "records.read", { baseId: params.baseId }).then(
    () => true,
    () => false,
  );
}

/** True where `Prefer: wait=computed` asks for it. */
export function wantsToWait({ request }: Pick<Call, "request">): boolean {
  const preferences = request.headers.get("prefer") ?? "";
  return preferences.split(/[,;]/).some((one) => /^wait\s*=\s*"?computed"?$/i.test(one.trim()));
}

function tableIdOf({ params }: Call, schema: BaseSchema): string | null {
  return findTable(schema, params.tableIdOrName)?.id ?? null;
}

/** The answer with the header where computed cells are behind. */
export function marked(response: Response, computing: boolean): Response {
  if (computing) {
    response.headers.set(COMPUTING_HEADER, "true");
  }
  return response;
}
