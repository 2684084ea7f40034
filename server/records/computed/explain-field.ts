import { toNamedText, withoutParameters, type Node } from "@basalt/formulas";
import { Problem, type Scope } from "#kernel";
import { allow } from "#workspaces";
import { arrayElements } from "../field-types/array-literal.ts";
import type { ComputedState, ResultConfig } from "../field-types/computed.ts";
import { withSchema } from "../rows/base-writer.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { fieldById, tableById } from "../schema/find.ts";
import { isComputing } from "./computing-state.ts";
import { definitionOf, linkedTableOf, linkOf, namesOf, parsedFormula } from "./definitions.ts";
import { provideContext } from "./context.ts";
import { failingParts, failureReason } from "./failure-reasons.ts";
import { typedFormula } from "./language.ts";
import { programReasons } from "./program-reasons.ts";
import { computingIn } from "./recompute-base.ts";
import { failingRows, lastRecompute } from "./explain-field.sql.ts";
import { computedGraph, type ComputedNode } from "./graph.ts";
import { compiledPart, stepOf } from "./steps.sql.ts";

/** A field that another one has to do with. */
export interface FieldPlace {
  readonly tableId: string;
  readonly fieldId: string;
  readonly name: string;
  /** The links between them, by their ids, from the reader on; none within a row. */
  readonly through: readonly string[];
}

/** What is known about a computed field and how it is computed. */
export interface FieldExplanation {
  readonly fieldId: string;
  readonly name: string;
  readonly type: string;
  readonly isValid: boolean;
  readonly reason: string | null;
  readonly result: ResultConfig | null;
  /** With fields by their present names. */
  readonly formula: string | null;
  readonly filterByFormula: string | null;
  readonly tree: Node | null;
  readonly reads: readonly FieldPlace[];
  readonly readBy: readonly FieldPlace[];
  /** How many links, or turns of the program, a change goes through to reach it, at most. */
  readonly level: number;
  /** Follows the clock, or people's names. */
  readonly volatile: boolean;
  /** In the program where a pattern stands in a cell: PostgreSQL has no expression for that. */
  readonly computedIn: "database" | "program";
  /** The expression that gives `v`, the value, and `e`, whether it is an error, in a row `i` of the table. */
  readonly sql: string;
  readonly computing: boolean;
  readonly lastRecompute: LastRecompute | null;
  /** Records whose value is an error, a few of them, with what the field reads there. */
  readonly failing: readonly FailingRecord[];
}

/** When the field was computed apart from the writes of its own records. */
export interface LastRecompute {
  readonly at: string;
  readonly txn: number;
  readonly rows: number;
  readonly tookMs: number;
}

export interface FailingRecord {
  readonly recordId: string;
  /** One sentence; null where it is not known, as for a rollup. */
  readonly reason: string | null;
  /** Stored values by the names of the fields that are read. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Failing records that are shown. */
const FAILING_MAX = 5;

/**
 * Explains a computed field. Problems: those of `allow`, `records.table-not-found`, `records.field-not-found`,
 * `records.not-computed`.
 */
export async function explainField(
  scope: Scope,
  place: { readonly baseId: string; readonly tableId: string; readonly fieldId: string },
): Promise<FieldExplanation> {
  await allow(scope, "records.read", { baseId: place.baseId });
  return withSchema(scope, place.baseId, async (schema) => {
    const table = tableById(schema, place.tableId);
    const field = fieldById(table, place.fieldId);
    const node = computedGraph(schema).byField.get(field.id);
    if (node === undefined) {
      throw new Problem("invalid", "records.not-computed", {
        message: `The field ${JSON.stringify(field.name)} is not computed from others.`,
      });
    }
    const [recompute] = await scope.db.all<LastRecompute>(lastRecompute(field.id));
    return {
      ...described(schema, node),
      computing: await isComputing(scope, schema, table.id),
      lastRecompute: recompute ?? null,
      failing: await failingRecords(scope, schema, node),
    };
  });
}

function described(
  schema: BaseSchema,
  node: ComputedNode,
): Omit<FieldExplanation, "computing" | "lastRecompute" | "failing"> {
  const { field, table, level, inProgram } = node;
  const {
    isValid = false,
    reason,
    result = null,
    volatile = false,
  } = field.options as ComputedState;
  return {
    fieldId: field.id,
    name: field.name,
    type: field.type,
    isValid,
    reason: reason ?? null,
    result,
    formula: named(field, "formula", table),
    filterByFormula: named(field, "filterByFormula", linkedOf(schema, node)),
    tree: parsedFormula(field, "formula")?.tree ?? null,
    reads: reads(schema, node),
    readBy: readBy(schema, field),
    level,
    volatile,
    computedIn: inProgram ? "program" : "database",
    sql: stepText(schema, node),
  };
}

function named(
  field: Field,
  part: "formula" | "filterByFormula",
  table: Table | undefined,
): string | null {
  const parsed = parsedFormula(field, part);
  return parsed === undefined
    ? null
    : table === undefined
      ? parsed.source
      : toNamedText(parsed, namesOf(table));
}

function linkedOf(schema: BaseSchema, { field, table }: ComputedNode): Table | undefined {
  const link = linkOf(table, definitionOf(field).recordLinkFieldId);
  return link && linkedTableOf(schema, link);
}

function reads(schema: BaseSchema, { table, inputs }: ComputedNode): FieldPlace[] {
  const own = inputs.own.flatMap((id) => placeOf(schema, id, []));
  const linked = inputs.linked.flatMap(({ path, fieldIds }) =>
    fieldIds.flatMap((id) => placeOf(schema, id, path)),
  );
  return [...own, ...linked].filter(
    ({ tableId, through }) => through.length > 0 || tableId === table.id,
  );
}

function readBy(schema: BaseSchema, field: Field): FieldPlace[] {
  const { ownReaders, linkedReaders } = computedGraph(schema);
  return [
    ...(ownReaders.get(field.id) ?? []).flatMap((node) => placeOf(schema, node.field.id, [])),
    ...(linkedReaders.get(field.id) ?? []).flatMap(({ node, path }) =>
      placeOf(schema, node.field.id, path),
    ),
  ];
}

function placeOf(schema: BaseSchema, fieldId: string, path: readonly Field[]): FieldPlace[] {
  const table = schema.tables.find(({ fieldsById }) => fieldsById.has(fieldId));
  const field = table?.fieldsById.get(fieldId);
  return table === undefined || field === undefined
    ? []
    : [{ tableId: table.id, fieldId, name: field.name, through: path.map(({ id }) => id) }];
}

function stepText(schema: BaseSchema, { field, table, inProgram }: ComputedNode): string {
  const note = inProgram ? "-- computed in the program, because a pattern stands in a cell\n" : "";
  const text = withoutParameters(
    stepOf({ schema, table, field, source: { alias: "i", steps: new Set() } }, false),
  );
  return note + text.trim().replaceAll(/\s*\n\s*/g, "\n  ");
}

async function failingRecords(
  scope: Scope,
  schema: BaseSchema,
  node: ComputedNode,
): Promise<FailingRecord[]> {
  const { field, table, inputs, inProgram } = node;
  if ((field.options as ComputedState).mayFail !== true) {
    return [];
  }
  const fields = inputs.own.flatMap((id) => table.fieldsById.get(id) ?? []);
  const { formula } = typedFormula(schema, { table, field });
  const parts =
    field.type !== "formula" || formula === null || inProgram ? [] : failingParts(formula.root);
  const place = { table, field };
  const probes = parts.map(({ node: root, when }, at) => ({
    part: compiledPart(schema, { ...place, node: root, prefix: `part${at}_` }),
    ...(when !== undefined && {
      condition: compiledPart(schema, { ...place, node: when.condition, prefix: `when${at}_` }),
      taken: when.taken,
    }),
  }));
  const { rows, reasons } = await scope.db.transaction(async (tx) => {
    const computing = computingIn(scope, { tx, txn: 0, schema }, () => undefined);
    await provideContext(computing);
    const [found = []] = await computing.text([
      failingRows(table, field, { fields, probes, limit: FAILING_MAX }),
    ]);
    const recordIds = found.map(([id]) => id ?? "");
    return {
      rows: found,
      reasons: inProgram ? await programReasons(computing, { node, recordIds }) : new Map(),
    };
  });
  return rows.map(([recordId, json, failed]) => {
    const values = JSON.parse(json ?? "[]") as unknown[];
    const flags = arrayElements(failed ?? "{}").map((flag) => flag === "t");
    return {
      recordId: recordId ?? "",
      reason:
        parts.length === 0
          ? (reasons.get(recordId ?? "") ?? null)
          : failureReason(parts, flags, table),
      inputs: Object.fromEntries(fields.map(({ name }, at) => [name, values[at] ?? null])),
    };
  });
}
