import {
  errorValue,
  operandsOf,
  type EvaluationContext,
  type FormulaRecord,
  type Typed,
  type TypedFormula,
  type Value,
} from "@basalt/formulas";
import type { TextRow } from "#kernel";

type FieldNode = Typed & { readonly op: "field" };

/** What a formula that is computed here needs to know of a row. */
export interface RecordInputs {
  /** The fields that it works on, each once, with the kinds that it takes them for. */
  readonly nodes: readonly FieldNode[];
  /** Lists of fields whose time of change it asks for. */
  readonly lastModified: readonly (readonly string[])[];
}

/** Looks through a typed tree for what it needs to know of a row. */
export function inputsOfFormula({
  root,
  lastModified,
}: Pick<TypedFormula, "root" | "lastModified">): RecordInputs {
  const nodes = new Map<string, FieldNode>();
  const open: Typed[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.op === "field") {
      nodes.set(node.id, node);
    }
    open.push(...operandsOf(node));
  }
  return { nodes: [...nodes.values()], lastModified };
}

/** A row that was read for a formula. */
export interface ReadRecord {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdTime: number;
  /** For each field its value as JSON and whether it is an error (`t`), then the times of change in milliseconds. */
  readonly columns: TextRow;
}

/** The record and the circumstances that a formula is computed in. */
export function recordFrom(
  { id, createdTime, columns }: ReadRecord,
  inputs: RecordInputs,
  now: Date,
): { readonly record: FormulaRecord; readonly context: EvaluationContext } {
  const record: FormulaRecord = Object.fromEntries(
    inputs.nodes.map((node, at) => {
      const [json = null, fails] = columns.slice(2 * at);
      return [node.id, fails === "t" ? errorValue : valueOf(json, node.kind)];
    }),
  );
  const times = 2 * inputs.nodes.length;
  const lastModified = (fieldIds: readonly string[]): number | null => {
    const at = inputs.lastModified.findIndex((ids) => ids.join() === fieldIds.join());
    const text = columns[times + at] ?? null;
    return text === null ? null : Number(text);
  };
  return { record, context: { now: now.getTime(), recordId: id, createdTime, lastModified } };
}

/** What PostgreSQL wrote as JSON, as formulas take it. */
function valueOf(json: string | null, kind: Typed["kind"]): Value {
  return json === null ? null : cell(JSON.parse(json), kind);
}

function cell(value: unknown, kind: Typed["kind"]): Value {
  if (value === null) {
    return null;
  }
  switch (kind.type) {
    case "number":
      // NaN and the infinities come as texts.
      return Number(value);
    case "boolean":
      return value === true;
    case "date":
      return { date: Date.parse(value as string), dateOnly: kind.dateOnly };
    case "array":
      return Array.isArray(value) ? value.map((one) => cell(one, kind.of)) : [];
    default:
      return value as string;
  }
}
