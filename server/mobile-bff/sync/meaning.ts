import { isDeepStrictEqual } from "node:util";
import type { LoggedChange } from "./changes.sql.ts";
import type { Resync } from "./sync.ts";

/** What an entry of the log means for a copy: records to read again, nothing, or that the copy is worth nothing any more. */
export type Meaning = "records" | "nothing" | { readonly resync: Resync };

const recordEvents: ReadonlySet<string> = new Set([
  "records.created",
  "records.updated",
  "records.deleted",
  "records.computed",
]);
const harmless =
  /^(?:comments|views)\.|^base\.unchanged$|^tables\.updated$|^fields\.cells-replaced$/;

/** `synced`: the tables of the copy; `all`: it is of the whole base. What is not known is taken for the worst. */
export function meaningOf(
  entry: LoggedChange,
  { synced, all }: { readonly synced: ReadonlySet<string>; readonly all: boolean },
): Meaning {
  const { name, tableId, body } = entry;
  if (harmless.test(name)) {
    return "nothing";
  }
  if (tableId !== null && !synced.has(tableId)) {
    // A table that came or went matters to a copy of the whole base alone.
    return all && name.startsWith("tables.") ? { resync: "schema-changed" } : "nothing";
  }
  if (recordEvents.has(name)) {
    // Very many are not named one by one.
    const unnamed = name === "records.computed" && entry.records === 0;
    return unnamed ? { resync: "too-much" } : "records";
  }
  return name === "fields.updated" && onlyAddsChoices(body)
    ? "nothing"
    : { resync: "schema-changed" };
}

interface Definition {
  readonly options?: { readonly choices?: readonly unknown[] };
}

/** Writing a new choice into a select changes its field, and no cell that was there. */
function onlyAddsChoices(body: LoggedChange["body"]): boolean {
  const [before, after] = [body?.before, body?.after] as (Definition | null | undefined)[];
  const [old, now] = [before?.options?.choices, after?.options?.choices];
  return (
    old !== undefined &&
    now !== undefined &&
    isDeepStrictEqual(withoutChoices(before), withoutChoices(after)) &&
    isDeepStrictEqual(old, now.slice(0, old.length))
  );
}

function withoutChoices(definition: Definition | null | undefined): unknown {
  return { ...definition, options: { ...definition?.options, choices: null } };
}
