import { part, type Scope, type TextRow, type World } from "#kernel";
import { allow } from "#workspaces";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import { txnRead, withSchema } from "./base-writer.ts";
import { baseTxn, recordsOf } from "./get-record.sql.ts";
import { lastingOf, type Lasting } from "./lasting.ts";
import { recordNotFound } from "./problems.ts";
import {
  recordReader,
  type RecordJson,
  type RecordReader,
  type RecordShape,
} from "./record-json.ts";
import { tableOf } from "./write-call.ts";

export interface WantedRecord {
  readonly table: Pick<Table, "id" | "baseId">;
  readonly recordId: string;
  readonly shape: RecordShape;
}

/** A record as it was read. */
export interface ReadRecord {
  readonly record: RecordJson;
  readonly version: number;
  /** The base was at least this new. */
  readonly txn: number;
  readonly lasting: Lasting;
}

/**
 * One record. Reads that are asked for in the same turn of the event loop go out as one statement.
 * Problems: `workspaces.*`, `records.record-not-found`.
 */
export async function getRecord(scope: Scope, wanted: WantedRecord): Promise<ReadRecord> {
  await allow(scope, "records.read", { baseId: wanted.table.baseId });
  return withSchema(scope, wanted.table.baseId, (schema) => recordOf(scope, schema, wanted));
}

async function recordOf(
  scope: Scope,
  schema: BaseSchema,
  wanted: WantedRecord,
): Promise<ReadRecord> {
  const table = tableOf(schema, wanted.table.id);
  const reader = recordReader(scope, { schema, table, shape: wanted.shape });
  const lasting = lastingOf(scope.now(), { fields: reader.fields, shape: wanted.shape });
  const { row, base } = await scope.parts.of(pointReads).read(table, reader, wanted);
  const txn = txnRead(base, schema);
  if (row === undefined) {
    throw recordNotFound();
  }
  const [record = ""] = await reader.write(scope, [row]);
  return { record, version: Number(row[2]), txn, lasting };
}

interface PointRead {
  readonly row: TextRow | undefined;
  /** What `baseTxn` answered. */
  readonly base: TextRow | undefined;
}

interface Gathering {
  readonly ids: Set<string>;
  readonly done: Promise<{
    readonly rows: ReadonlyMap<string, TextRow>;
    readonly base: TextRow | undefined;
  }>;
}

/** Reads of one turn, by reader (so: by table version and shape). */
const pointReads = part("records.point-reads", (world) => new PointReads(world));

class PointReads {
  private readonly gathering = new Map<RecordReader, Gathering>();
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  async read(
    table: Table,
    reader: RecordReader,
    { recordId, shape }: WantedRecord,
  ): Promise<PointRead> {
    let turn = this.gathering.get(reader);
    if (turn === undefined) {
      const ids = new Set<string>();
      turn = { ids, done: this.send(table, reader, { ids, shape }) };
      this.gathering.set(reader, turn);
    }
    turn.ids.add(recordId);
    const { rows, base } = await turn.done;
    return { row: rows.get(recordId), base };
  }

  private async send(
    table: Table,
    reader: RecordReader,
    { ids, shape }: { readonly ids: ReadonlySet<string>; readonly shape: RecordShape },
  ): Promise<{ rows: Map<string, TextRow>; base: TextRow | undefined }> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.gathering.delete(reader);
    const [base, rows] = await this.world.db.texts([
      baseTxn(table.baseId),
      recordsOf(table, { columns: reader.columns, ids: [...ids], shape }),
    ]);
    return {
      rows: new Map(rows?.map((row) => [row[0] ?? "", row])),
      base: base?.[0],
    };
  }
}
