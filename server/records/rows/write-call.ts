import { baseCollaborators, permissionLevel } from "#workspaces";
import { Problem, type Scope, type StoredAnswer, type TextRow } from "#kernel";
import { settleDefinitions } from "../computed/settle-definitions.ts";
import { addChoices } from "../fields/add-choices.ts";
import { loadSchema } from "../schema/schema-cache.ts";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import { inBaseDespiteFormulas, type BaseChange } from "./base-change.ts";
import { withSchema } from "./base-writer.ts";
import { nothingSettled, type Settled } from "./apply-rows.ts";
import { finishLater, type LateCell } from "./late-files.ts";
import {
  isFileList,
  planCells,
  type CellPlan,
  type PeopleOfBase,
  type WrittenRow,
} from "./plan-cells.ts";
import { recordReader, type RecordJson, type RecordShape } from "./record-json.ts";
import { rowsById } from "./rows.sql.ts";
import { resolveLinkTexts } from "./resolve-link-texts.ts";
import { fetchFiles, type FetchedFiles } from "./settle-files.ts";

/** What every writing call names. */
export interface WriteCall {
  readonly table: Pick<Table, "id" | "baseId">;
  readonly typecast: boolean;
  readonly shape: RecordShape;
  /** Makes the HTTP answer, for keyed calls: it is stored by the same commit as the change. */
  readonly answer?: (written: WrittenRecords) => StoredAnswer;
}

/** What a writing call answers, in the order of the call. */
export interface WrittenRecords {
  readonly records: readonly RecordJson[];
  readonly ids: readonly string[];
  readonly versions: readonly number[];
  /** The number of the transaction in the base. */
  readonly txn: number;
  /** Of an upsert: which of the ids were made and which were changed. */
  readonly createdIds?: readonly string[];
  readonly updatedIds?: readonly string[];
}

/** A call with its cells checked against one version of the schema. */
export interface PreparedCall {
  readonly schema: BaseSchema;
  readonly table: Table;
  readonly plan: CellPlan;
}

/** Checks the cells of a call; again with the newer schema when it turns out to have moved. */
export async function prepared<T>(
  scope: Scope,
  call: {
    readonly table: Pick<Table, "id" | "baseId">;
    readonly rows: readonly WrittenRow[];
    readonly typecast: boolean;
    readonly creating: boolean;
  },
  go: (call: PreparedCall) => Promise<T>,
): Promise<T> {
  return withSchema(scope, call.table.baseId, async (schema) => {
    const table = tableOf(schema, call.table.id);
    const plan = planCells(table, call.rows, {
      typecast: call.typecast,
      creating: call.creating,
      mayAddChoices: call.typecast && mayEditSchema(await permissionLevel(scope, schema.baseId)),
      people: await peopleFor(scope, table, call.rows),
    });
    return go({ schema, table, plan });
  });
}

/** The table, which may have gone since the caller looked. Problem: `records.table-not-found`. */
export function tableOf(schema: BaseSchema, tableId: string): Table {
  const table = schema.tablesById.get(tableId);
  if (table === undefined) {
    throw new Problem("not-found", "records.table-not-found", {
      message: "There is no such table.",
    });
  }
  return table;
}

/**
 * Runs a call's writes as one transaction of the base: the key of a keyed call first, then new choices and the records
 * that texts stand for, then `apply`, the change log, the answer of a keyed call, commit.
 */
export async function runCall(
  scope: Scope,
  call: PreparedCall & Pick<WriteCall, "shape" | "answer">,
  apply: (
    change: BaseChange,
    settled: Settled,
  ) => Promise<
    { readonly rows: readonly TextRow[] } & Partial<
      Pick<WrittenRecords, "createdIds" | "updatedIds">
    >
  >,
): Promise<WrittenRecords> {
  const { plan, table } = call;
  const fetched = plan.hasFiles
    ? await fetchFiles(scope, plan, call.schema)
    : nothingSettled.fetched;
  return inBaseDespiteFormulas(scope, call.schema, async (change, base) => {
    await scope.idempotency?.begin(base.tx);
    await makeChoices(change, table, plan);
    const links =
      plan.linkTexts.size === 0
        ? nothingSettled.links
        : await resolveLinkTexts(change, table, plan.linkTexts);
    const { rows: done, ...ids } = await apply(change, { fetched, links });
    const recomputed = (await change.settle()).get(table.id);
    const rows =
      recomputed === undefined ? done : await rowsAgain(change, { done, recomputed }, table);
    const late = lateCells(call, rows, fetched);
    base.tx.afterCommit(() => finishLater(scope, late));
    await change.publish();
    const written = {
      ...(await writtenRecords(change.scope, {
        schema: change.schema,
        table,
        shape: call.shape,
        rows,
        txn: base.txn,
      })),
      ...ids,
    };
    if (scope.idempotency !== undefined && call.answer !== undefined) {
      await scope.idempotency.finish(base.tx, call.answer(written));
    }
    return written;
  });
}

/** The rows of a call, those read again that got other values by what they changed elsewhere. */
async function rowsAgain(
  change: BaseChange,
  {
    done,
    recomputed,
  }: { readonly done: readonly TextRow[]; readonly recomputed: ReadonlySet<string> },
  table: Table,
): Promise<readonly TextRow[]> {
  const ids = done.flatMap(([id]) => (id != null && recomputed.has(id) ? [id] : []));
  if (ids.length === 0) {
    return done;
  }
  const again = new Map((await change.rows(rowsById(table, ids))).map((row) => [row[0], row]));
  return done.map((row) => again.get(row[0] ?? "") ?? row);
}

/** Rows as the caller wants to see them. */
export async function writtenRecords(
  scope: Scope,
  written: {
    readonly schema: BaseSchema;
    readonly table: Table;
    readonly shape: RecordShape;
    readonly rows: readonly TextRow[];
    readonly txn: number;
  },
): Promise<WrittenRecords> {
  const { rows, txn, schema, shape } = written;
  const reader = recordReader(scope, {
    schema,
    table: tableOf(schema, written.table.id),
    shape: wholeRows(shape),
  });
  return {
    records: await reader.write(scope, rows),
    ids: rows.map((row) => row[0] ?? ""),
    versions: rows.map((row) => Number(row[2])),
    txn,
  };
}

/** Written rows come back with all their columns and without a count of comments. */
function wholeRows({ fieldIds: _fieldIds, ...shape }: RecordShape): RecordShape {
  return { ...shape, commentCount: false };
}

async function makeChoices(change: BaseChange, table: Table, plan: CellPlan): Promise<void> {
  for (const [fieldId, choices] of plan.newChoices) {
    const field = table.fieldsById.get(fieldId);
    if (field !== undefined) {
      await addChoices(change, field, choices);
    }
  }
  if (plan.newChoices.size > 0) {
    const { baseId } = change.schema;
    const schema = await loadSchema({ db: change.tx }, baseId, change.schema);
    change.schema = await settleDefinitions(change.tx, schema, change.schema);
  }
}

const nobody: PeopleOfBase = {
  userById: () => undefined,
  userByEmail: () => undefined,
  userByName: () => undefined,
};

/** Whom collaborator cells may name; asked only where one is written. */
async function peopleFor(
  scope: Scope,
  table: Table,
  rows: readonly WrittenRow[],
): Promise<PeopleOfBase> {
  const names = new Set(rows.flatMap((row) => Object.keys(row.fields)));
  const asked = table.fields.some(
    (field) =>
      (field.type === "singleCollaborator" || field.type === "multipleCollaborators") &&
      (names.has(field.id) || names.has(field.name)),
  );
  if (!asked) {
    return nobody;
  }
  const members = await baseCollaborators(
    { ...scope, actor: { kind: "system", name: "cells" } },
    table.baseId,
  );
  const byId = new Map(members.map((member) => [member.id, member]));
  const byEmail = new Map(members.map((member) => [member.email.toLowerCase(), member]));
  const byName = new Map(members.map((member) => [member.name, member]));
  return {
    userById: (id) => byId.get(id),
    userByEmail: (email) => byEmail.get(email.toLowerCase()),
    userByName: (name) => byName.get(name),
  };
}

/** Airtable lets typecast add choices for those who may edit the schema. */
function mayEditSchema(level: string): boolean {
  return level === "create" || level === "owner";
}

/** The cells of a call that still wait for a file; `rows` are the records written, in the order of the call. */
function lateCells(
  { table, plan }: PreparedCall,
  rows: readonly TextRow[],
  { late }: FetchedFiles,
): LateCell[] {
  if (late.size === 0) {
    return [];
  }
  return plan.rows.flatMap(({ cells }, at) =>
    [...cells].flatMap(([field, value]) =>
      (isFileList(value) ? value : []).flatMap((input) => {
        const file = late.get(input);
        return file === undefined
          ? []
          : [{ table, recordId: rows[at]?.[0] ?? "", fieldId: field.id, file }];
      }),
    ),
  );
}
