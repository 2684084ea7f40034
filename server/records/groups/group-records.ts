import { GROUPS_MAX } from "@basalt/contract";
import { part, sqlState, type Scope, type TextRow } from "#kernel";
import { allow } from "#workspaces";
import { isUtc, stampIso } from "../field-types/calendar.ts";
import { unmarked } from "../field-types/computed-cells.ts";
import type { FromText, ReadContext } from "../field-types/field-type.ts";
import { compileJson, shownAs } from "../field-types/registry.ts";
import { conditionOf } from "../filters/conditions.ts";
import { filterField } from "../filters/filter-field.ts";
import { readGuarded } from "../filters/guarded-read.ts";
import { askedHere } from "../filters/held-here.ts";
import { withSchema } from "../rows/base-writer.ts";
import type { SortBy } from "../rows/list-records.ts";
import { loadPeople, people } from "../rows/people.ts";
import { noRows } from "../rows/read-rows.ts";
import { tableOf } from "../rows/write-call.ts";
import type { BaseSchema, Field, Table, View } from "../schema/base-schema.ts";
import { fieldById } from "../schema/find.ts";
import {
  groupsOf,
  peopleOfGroups,
  type GroupLevel,
  type GroupQuery,
  type Summary,
} from "./group-records.sql.ts";
import { badGrouping, summaryFits } from "./summaries.ts";

/** A field to group by. */
export interface GroupBy extends SortBy {
  /** Instants each for itself, instead of by the day in the zone of the field. */
  readonly instant?: boolean;
}

export interface Grouping {
  readonly table: Pick<Table, "id" | "baseId">;
  /** The outermost first; one at least. */
  readonly groupBy: readonly GroupBy[];
  readonly summaries: readonly { readonly fieldId: string; readonly name: Summary["name"] }[];
  readonly view?: View;
  readonly filterByFormula?: string;
}

/** Records with equal cells. */
export interface RecordGroup {
  /** As a cell of the field in JSON; null for records whose cell is empty. */
  readonly value: unknown;
  readonly count: number;
  /** By `fld…:name`; null where there was nothing to work it out of. */
  readonly summaries?: Summaries;
  readonly groups?: readonly RecordGroup[];
}

export type Summaries = Readonly<Record<string, number | string | null>>;

export interface RecordGroups {
  readonly count: number;
  readonly summaries?: Summaries;
  readonly groups: readonly RecordGroup[];
  readonly mightHaveMore: boolean;
  readonly txn: number;
}

/**
 * Counts and summaries of the records that a view and a formula keep, by the values of fields, in the order of those.
 * Shares are of 1, ranges of dates in days. Problems: `workspaces.*`, `records.invalid-filter`, `records.bad-grouping`.
 */
export async function groupRecords(scope: Scope, grouping: Grouping): Promise<RecordGroups> {
  await allow(scope, "records.read", { baseId: grouping.table.baseId });
  return withSchema(scope, grouping.table.baseId, (schema) => groupsIn(scope, schema, grouping));
}

async function groupsIn(
  scope: Scope,
  schema: BaseSchema,
  grouping: Grouping,
): Promise<RecordGroups> {
  const table = tableOf(schema, grouping.table.id);
  const condition = conditionOf(scope, { schema, table }, grouping);
  const query: GroupQuery = {
    schema,
    table,
    levels: grouping.groupBy.map((by) => levelOf(groupable(fieldById(table, by.fieldId)), by)),
    summaries: grouping.summaries.map(({ fieldId, name }) =>
      summaryFits(fieldById(table, fieldId), name),
    ),
    ...(typeof condition === "object" && {
      condition: await askedHere(scope, { schema, table }, { condition }),
    }),
    now: scope.now(),
  };
  if (condition === "none") {
    return { count: 0, groups: [], mightHaveMore: false, txn: await noRows(scope, table) };
  }
  const { txn, rows } = await run(scope, query);
  const [found = []] = rows;
  const fields = query.levels.map(({ field }) => field);
  await loadPeople(scope, found, { fields, leading: 2 + query.summaries.length });
  const context = scope.parts.of(groupContext);
  const readers = query.levels.map(({ field, dayIn }) =>
    dayIn === undefined ? compileJson(field, context) : dayReader(field),
  );
  return {
    ...assembled(found.slice(0, GROUPS_MAX + 1), query, readers),
    txn,
    mightHaveMore: found.length > GROUPS_MAX + 1,
  };
}

async function run(
  scope: Scope,
  query: GroupQuery,
): Promise<{ readonly txn: number; readonly rows: TextRow[][] }> {
  const { schema, table } = query;
  try {
    return await readGuarded(scope, {
      schema,
      table,
      people: peopleOfGroups(query),
      statements: [groupsOf(query)],
    });
  } catch (error) {
    if (sqlState(error) === "22003") {
      throw badGrouping("summaries", "a sum is beyond what a number can hold");
    }
    throw error;
  }
}

/** Problem: `records.bad-grouping` where the instants of a field are asked for that has none. */
function levelOf(field: Field, { direction, instant = false }: GroupBy): GroupLevel {
  const seen = filterField(field);
  const isInstant = seen?.class === "date" && !seen.dateOnly;
  if (instant && !isInstant) {
    throw badGrouping("groupBy", `a field of type ${field.type} has no instants`);
  }
  return isInstant && !instant
    ? { field, direction, dayIn: isUtc(seen.zone) ? "utc" : seen.zone }
    : { field, direction };
}

/** A day as it stands in the key of a group. */
function dayReader(field: Field): FromText {
  const read: FromText = (day) => (day === null ? null : JSON.stringify(day));
  return shownAs(field).marked ? unmarked(read, "json") : read;
}

/** Files are all different, and a button is no value. Problem: `records.bad-grouping`. */
function groupable(field: Field): Field {
  if (filterField(field)?.class === "files" || field.type === "button") {
    throw badGrouping("groupBy", `a field of type ${field.type} cannot be grouped by`);
  }
  return field;
}

const groupContext = part("records.group-context", (world): ReadContext => ({
  userById: world.parts.of(people).userById,
  fileUrl: () => "",
}));

interface OpenGroup {
  readonly value: unknown;
  readonly count: number;
  readonly summaries?: Summaries;
  readonly groups?: OpenGroup[];
}

/** Rows come each after the group that it is within. */
function assembled(
  rows: readonly TextRow[],
  { levels, summaries }: GroupQuery,
  readers: readonly FromText[],
): Pick<RecordGroups, "count" | "summaries" | "groups"> {
  const path: OpenGroup[] = [];
  for (const row of rows) {
    const depth = levels.length - bitsOf(Number(row[0]));
    const group: OpenGroup = {
      value: depth === 0 ? null : valueOf(row, { depth, summaries, readers }),
      count: Number(row[1]),
      ...(summaries.length > 0 && { summaries: summariesOf(row, summaries) }),
      ...(depth < levels.length && { groups: [] }),
    };
    path.length = depth;
    path.at(-1)?.groups?.push(group);
    path.push(group);
  }
  const [all] = path;
  return {
    count: all?.count ?? 0,
    ...(all?.summaries !== undefined && { summaries: all.summaries }),
    groups: all?.groups ?? [],
  };
}

function valueOf(
  row: TextRow,
  {
    depth,
    summaries,
    readers,
  }: {
    readonly depth: number;
    readonly summaries: readonly Summary[];
    readonly readers: readonly FromText[];
  },
): unknown {
  const text = row[1 + summaries.length + depth] ?? null;
  const json = text === null ? null : (readers[depth - 1]?.(text) ?? null);
  return json === null ? null : JSON.parse(json);
}

function summariesOf(row: TextRow, summaries: readonly Summary[]): Summaries {
  return Object.fromEntries(
    summaries.map((summary, at) => [
      `${summary.field.id}:${summary.name}`,
      summaryValue(row[2 + at] ?? null, summary),
    ]),
  );
}

const dates: ReadonlySet<string> = new Set(["min", "max", "earliest", "latest"]);

function summaryValue(
  text: string | null,
  { formula, name, field }: Summary,
): number | string | null {
  if (text === null || formula.kind.type !== "date" || !dates.has(name)) {
    return text === null ? null : Number(text);
  }
  const instant = stampIso(text);
  return shownAs(field).as.type === "date" || formula.kind.dateOnly
    ? instant.slice(0, 10)
    : instant;
}

function bitsOf(mask: number): number {
  return mask.toString(2).replaceAll("0", "").length;
}
