import sql from "sql-template-tag";
import { dateTimeKind, textKind } from "../types/kinds.ts";
import { call, type Operation } from "../types/typed.ts";
import type { FormulaFunction } from "./definition.ts";
import { date, example } from "./example.ts";

/** The name by which a typed formula tells that it asks when fields were changed. */
export const LAST_MODIFIED_TIME = "LAST_MODIFIED_TIME";

/** An operation that asks when fields were changed. */
export interface LastModified extends Operation {
  readonly fieldIds: readonly string[];
}

export const recordFunctions: readonly FormulaFunction[] = [
  {
    name: "RECORD_ID",
    family: "record",
    usage: "RECORD_ID()",
    arity: [0, 0],
    type: () => call(recordId, [], { kind: textKind }),
    examples: [
      example("RECORD_ID()", "recAAAAAAAAAAAAAA", "a"),
      example('"https://x.test/" & RECORD_ID()', "https://x.test/recAAAAAAAAAAAAAA", "a"),
      example('RECORD_ID() = "recAAAAAAAAAAAAAA"', 1, "a"),
      example("OR(RECORD_ID()='recBBBBBBBBBBBBBB',RECORD_ID()='recAAAAAAAAAAAAAA')", 1, "a"),
    ],
  },
  {
    name: "CREATED_TIME",
    family: "record",
    usage: "CREATED_TIME()",
    arity: [0, 0],
    type: () => call(createdTime, [], { kind: dateTimeKind }),
    examples: [example("CREATED_TIME()", date("2024-03-05T09:07:03.045Z"), "a")],
  },
  {
    name: LAST_MODIFIED_TIME,
    family: "record",
    usage: "LAST_MODIFIED_TIME([{field}, …])",
    arity: [0, Infinity],
    type: (given, { refuse }) => {
      const fieldIds = given.flatMap((node) => (node.op === "field" ? [node.id] : []));
      return fieldIds.length === given.length
        ? call(lastModified(fieldIds), [], { kind: dateTimeKind, canBeBlank: fieldIds.length > 0 })
        : refuse("LAST_MODIFIED_TIME takes fields in braces and nothing else");
    },
    examples: [
      example("LAST_MODIFIED_TIME()", date("2024-03-06T10:00:00.000Z"), "a"),
      example("LAST_MODIFIED_TIME({Status})", date("2024-03-06T10:00:00.000Z"), "a"),
      example("LAST_MODIFIED_TIME() > DATETIME_PARSE('2024-03-06')", 1, "a"),
    ],
  },
];

const recordId: Operation = {
  name: "RECORD_ID",
  reads: "record",
  evaluate: (_, run) => run.recordId,
  sql: (_, context) => context.recordId,
};

const createdTime: Operation = {
  name: "CREATED_TIME",
  reads: "record",
  evaluate: (_, run) => run.createdTime,
  sql: (_, context) => context.createdTime,
};

/** What was never changed counts from the record's creation; the record knows. Open point 9.6. */
function lastModified(fieldIds: readonly string[]): LastModified {
  return {
    name: LAST_MODIFIED_TIME,
    reads: "record",
    fieldIds,
    evaluate: (_, run) =>
      run.lastModified(fieldIds) ?? (fieldIds.length === 0 ? run.createdTime : null),
    sql: (_, context) =>
      fieldIds.length === 0
        ? sql`coalesce(${context.lastModified(fieldIds)}, ${context.createdTime})`
        : context.lastModified(fieldIds),
  };
}
