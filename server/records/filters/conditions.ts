import { part, type Scope } from "#kernel";
import { actorId } from "../rows/call-event.ts";
import type { BaseSchema, Table, View } from "../schema/base-schema.ts";
import { both, conditionSql } from "./condition.sql.ts";
import { verdictOf, type Condition } from "./condition.ts";
import { typedFormulaFilter } from "./language.ts";
import { typedViewFilter } from "./view-filter.ts";

/** What a listing is narrowed by: both must hold. */
export interface Narrowing {
  readonly view?: View;
  readonly filterByFormula?: string;
}

/** The condition of a listing. Problem: `records.invalid-filter`. */
export function conditionOf(
  scope: Scope,
  { schema, table }: { readonly schema: BaseSchema; readonly table: Table },
  { view, filterByFormula }: Narrowing,
): Condition {
  // The text is checked even where the view keeps nothing.
  const byFormula = formulaCondition(scope, { schema, table }, filterByFormula);
  const byView = view === undefined ? "all" : viewCondition(scope, { schema, table }, view);
  if (byFormula === "none" || byView === "none") {
    return "none";
  }
  if (byFormula === "all" || byView === "all") {
    return byFormula === "all" ? byView : byFormula;
  }
  return both(byView, byFormula);
}

function formulaCondition(
  scope: Scope,
  { schema, table }: { readonly schema: BaseSchema; readonly table: Table },
  filterByFormula: string | undefined,
): Condition {
  const text = filterByFormula?.trim() ?? "";
  return text === "" ? "all" : scope.parts.of(compiledFilters).of(schema, table, text);
}

/** Compiled each time: it depends on the day and on who asks, and there are few parts to it. */
function viewCondition(
  scope: Scope,
  { schema, table }: { readonly schema: BaseSchema; readonly table: Table },
  view: View,
): Condition {
  const { condition, followsClock, followsCaller } = typedViewFilter(
    table,
    view.options["filters"],
    { now: scope.now(), userId: actorId(scope) },
  );
  const verdict = verdictOf(condition);
  return (
    verdict ?? {
      ...conditionSql(schema, table, { condition, prefix: "of_view" }),
      followsClock,
      followsCaller,
    }
  );
}

const compiledFilters = part("records.compiled-filters", () => new CompiledFilters());

/** Formula texts kept compiled for one table; programs ask the same few again and again. */
const FILTERS_PER_TABLE_MAX = 100;
/** Longer texts are lists of ids, and never come twice. Characters. */
const KEPT_TEXT_MAX_CHARACTERS = 2_000;

/** By table, which is made anew with every change of the schema, and by text. */
class CompiledFilters {
  private readonly kept = new WeakMap<Table, Map<string, Condition>>();

  of(schema: BaseSchema, table: Table, text: string): Condition {
    if (text.length > KEPT_TEXT_MAX_CHARACTERS) {
      return compiled(schema, table, text);
    }
    let filters = this.kept.get(table);
    if (filters === undefined) {
      filters = new Map();
      this.kept.set(table, filters);
    }
    let condition = filters.get(text);
    if (condition === undefined) {
      condition = compiled(schema, table, text);
    } else {
      filters.delete(text);
    }
    // The least recently used stands first and goes first.
    filters.set(text, condition);
    if (filters.size > FILTERS_PER_TABLE_MAX) {
      const [oldest = ""] = filters.keys();
      filters.delete(oldest);
    }
    return condition;
  }
}

function compiled(schema: BaseSchema, table: Table, text: string): Condition {
  const condition = typedFormulaFilter(table, text);
  return verdictOf(condition) ?? conditionSql(schema, table, { condition, prefix: "of_formula" });
}
