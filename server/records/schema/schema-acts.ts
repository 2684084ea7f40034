import { noteOnPlace } from "#workspaces";
import type { Act, Scope } from "#kernel";
import type { SchemaEvent } from "./schema-events.ts";

/** What a change of a schema did, for the log of acts: who changed which table, field or view, and how. */
export async function noteSchemaActs(
  tx: Scope,
  baseId: string,
  events: readonly SchemaEvent[],
): Promise<void> {
  if (events.length > 0) {
    await noteOnPlace(tx, { baseId }, ...events.map(actOf));
  }
}

/** What the entries of the change log say about a thing of a schema. */
interface Definition {
  readonly id: string;
  readonly name: string;
  readonly type?: string;
  readonly description?: string;
  readonly options?: unknown;
}

function actOf({ name, tableId, body }: SchemaEvent): Act {
  const [nouns = "", verb = ""] = name.split(".");
  const kind = nouns.replace(/s$/, "");
  const { before, after } = body as {
    readonly before: Definition | null;
    readonly after: Definition | null;
  };
  const is = after ?? before;
  return {
    act: `records.${kind}-${verb}`,
    target: { kind, id: is?.id, name: is?.name },
    details: { tableId, before: before && shown(before), after: after && shown(after) },
  };
}

/** A table without its fields and views: they may be hundreds, and the change log has them. */
function shown({ name, type, description, options }: Definition): Omit<Definition, "id"> {
  return {
    name,
    ...(type === undefined ? {} : { type }),
    ...(description === undefined ? {} : { description }),
    ...(options === undefined ? {} : { options }),
  };
}
