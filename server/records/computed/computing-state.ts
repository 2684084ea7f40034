import { setTimeout as sleep } from "node:timers/promises";
import { part, type Scope, type World } from "#kernel";
import type { BaseSchema } from "../schema/base-schema.ts";
import { BACKLOG_GREW } from "./backlog.ts";
import { fieldsBehind } from "./backlog.sql.ts";
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

  /** The fields that are still to be computed. */
  async fieldsOf({ db }: Scope, baseId: string): Promise<readonly string[]> {
    if (this.behind.get(baseId) === false) {
      return [];
    }
    // Set before the question, so that what is heard meanwhile counts.
    this.behind.set(baseId, false);
    const rows = await db.text(fieldsBehind(baseId));
    if (rows.length > 0) {
      this.behind.set(baseId, true);
    }
    return rows.map(([id]) => id ?? "");
  }
}

/**
 * True while some computed cell of the table (of the base, where none is named) may be older than what it is computed from: it is
 * to be computed itself, or something that it is computed from is.
 */
export async function isComputing(
  scope: Scope,
  schema: BaseSchema,
  tableId: string | null,
): Promise<boolean> {
  if (computedGraph(schema).byField.size === 0) {
    return false;
  }
  const fieldIds = await scope.parts.of(behindBases).fieldsOf(scope, schema.baseId);
  return fieldIds.length > 0 && (tableId === null || leadTo(schema, fieldIds, tableId));
}

/** True where a field of the table is one of these, or is computed from one, however many steps away. */
function leadTo(schema: BaseSchema, fieldIds: readonly string[], tableId: string): boolean {
  const { byField, ownReaders, linkedReaders } = computedGraph(schema);
  const reached = new Set(fieldIds);
  for (const id of reached) {
    if (byField.get(id)?.table.id === tableId) {
      return true;
    }
    ownReaders.get(id)?.forEach(({ field }) => reached.add(field.id));
    linkedReaders.get(id)?.forEach(({ node }) => reached.add(node.field.id));
  }
  return false;
}

/** Waits until the base has nothing left to compute, or nearly until the request's time is over. Answers whether it has. */
export async function untilComputed(
  scope: Scope,
  schema: Pick<BaseSchema, "baseId">,
): Promise<boolean> {
  const waitMaxMs = Math.max(0, scope.config.requestTimeoutMs - KEPT_FOR_ANSWER_MS);
  const end = performance.now() + waitMaxMs;
  // What another process did a moment ago is not heard of yet: the first look is at the database itself.
  let behind = await isBaseBehind(scope, schema.baseId);
  while (behind && performance.now() < end && !scope.signal.aborted) {
    await sleep(LOOK_EVERY_MS, undefined, { signal: scope.signal }).catch(() => undefined);
    behind = await isBaseBehind(scope, schema.baseId);
  }
  return !behind;
}
