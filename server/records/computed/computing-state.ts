import { setTimeout as sleep } from "node:timers/promises";
import { part, type Scope, type World } from "#kernel";
import type { BaseSchema } from "../schema/base-schema.ts";
import { BACKLOG_GREW } from "./backlog.ts";
import { computedGraph } from "./graph.ts";
import { isBaseBehind } from "./work-off-backlog.ts";

/** How long to wait between two looks at what is left to compute, milliseconds. */
const LOOK_EVERY_MS = 50;
/** What is left of a request's time when waiting ends, milliseconds: enough to read and answer. */
const KEPT_FOR_ANSWER_MS = 3_000;

/** Which bases have rows that are not computed yet, as far as this process has heard; it asks only about those. */
const behindBases = part("records.behind-bases", (world) => new BehindBases(world));

class BehindBases {
  private readonly behind = new Map<string, boolean>();

  constructor(world: World) {
    world.signals.listen(BACKLOG_GREW, (baseId) => this.behind.set(baseId, true));
  }

  async isBehind(scope: Scope, baseId: string, tableId: string | null): Promise<boolean> {
    if (this.behind.get(baseId) === false) {
      return false;
    }
    // Set before the question, so that what is heard meanwhile counts.
    this.behind.set(baseId, false);
    const behind = await isBaseBehind(scope, baseId, null);
    if (!behind) {
      return false;
    }
    this.behind.set(baseId, true);
    return tableId === null || isBaseBehind(scope, baseId, tableId);
  }
}

/** True while some computed cell of the table (of the base, where none is named) is older than what it is computed from. */
export async function isComputing(
  scope: Scope,
  schema: BaseSchema,
  tableId: string | null,
): Promise<boolean> {
  return (
    computedGraph(schema).byField.size > 0 &&
    scope.parts.of(behindBases).isBehind(scope, schema.baseId, tableId)
  );
}

/** Waits until the base has nothing left to compute, or nearly until the request's time is over. Answers whether it has. */
export async function untilComputed(scope: Scope, schema: BaseSchema): Promise<boolean> {
  const waitMaxMs = Math.max(0, scope.config.requestTimeoutMs - KEPT_FOR_ANSWER_MS);
  const end = performance.now() + waitMaxMs;
  // What another process did a moment ago is not heard of yet: the first look is at the database itself.
  let behind = await isBaseBehind(scope, schema.baseId, null);
  while (behind && performance.now() < end && !scope.signal.aborted) {
    await sleep(LOOK_EVERY_MS, undefined, { signal: scope.signal }).catch(() => undefined);
    behind = await isBaseBehind(scope, schema.baseId, null);
  }
  return !behind;
}
