import { GROUP_LEVELS_MAX, SUMMARIES_MAX, summaryNames, type SummaryName } from "@basalt/contract";
import type { Scope } from "#kernel";
import type { GroupBy, Grouping } from "../groups/group-records.ts";
import { badGrouping } from "../groups/summaries.ts";
import { fieldOf } from "../rows/plan-cells.ts";
import type { Table } from "../schema/base-schema.ts";
import { viewOf } from "./list-records.ts";
import { listOf, textOf, type Query } from "./query-string.ts";

/** What a query string asks to be grouped. Problems: `records.bad-grouping`, `records.unknown-field`, `records.unknown-view`. */
export async function groupingOf(scope: Scope, table: Table, query: Query): Promise<Grouping> {
  const groupBy = listOf(query, "groupBy").map((text) => levelOf(table, text));
  if (groupBy.length === 0 || groupBy.length > GROUP_LEVELS_MAX) {
    throw badGrouping("groupBy", `one to ${GROUP_LEVELS_MAX} fields are required`);
  }
  if (new Set(groupBy.map(({ fieldId }) => fieldId)).size < groupBy.length) {
    throw badGrouping("groupBy", "names a field twice");
  }
  const summaries = listOf(query, "summaries").map((text) => summaryOf(table, text));
  if (summaries.length > SUMMARIES_MAX) {
    throw badGrouping("summaries", `at most ${SUMMARIES_MAX} are worked out`);
  }
  const view = await viewOf(scope, table, textOf(query, "view"));
  const filterByFormula = textOf(query, "filterByFormula");
  return {
    table,
    groupBy,
    summaries,
    ...(view !== undefined && { view }),
    ...(filterByFormula !== undefined && { filterByFormula }),
  };
}

const INSTANT = ":instant";

/** `-` before a field turns its order around, `:instant` after it takes instants for themselves. A name may hold either itself. */
function levelOf(table: Table, text: string): GroupBy {
  const isField = (name: string): boolean =>
    table.fieldsById.has(name) || table.fieldsByName.has(name);
  const isTurned = text.startsWith("-") && !isField(text);
  const named = isTurned ? text.slice(1) : text;
  const instant = named.endsWith(INSTANT) && !isField(named);
  const name = instant ? named.slice(0, -INSTANT.length) : named;
  return { fieldId: fieldOf(table, name).id, direction: isTurned ? "desc" : "asc", instant };
}

function summaryOf(table: Table, text: string): Grouping["summaries"][number] {
  const colon = text.lastIndexOf(":");
  const name = text.slice(colon + 1);
  if (colon < 1 || !isSummary(name)) {
    throw badGrouping("summaries", `is field:summary with one of ${summaryNames.join(", ")}`);
  }
  return { fieldId: fieldOf(table, text.slice(0, colon)).id, name };
}

function isSummary(name: string): name is SummaryName {
  return (summaryNames as readonly string[]).includes(name);
}
