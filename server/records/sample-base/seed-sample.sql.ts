import { ident, sql, type Sql } from "#kernel";
import { columnOf, tableSql } from "../rows/table-sql.ts";
import type { Field, Table } from "../schema/base-schema.ts";

/** What is known of the sample, once it is there. */
export interface SampleFact {
  readonly baseId: string;
  readonly workspaceId: string;
  /** Null until somebody is there to own it. */
  readonly ownerId: string | null;
}

const FACT = "sample-base";

/** Fixed number under which processes that start at once agree who seeds. */
const SAMPLE_LOCK = 4_270_331;

export const trySampleLock = (): Sql =>
  sql`select pg_try_advisory_xact_lock(${SAMPLE_LOCK}::bigint) as mine`;

export const sampleFact = (): Sql => sql`select value from kernel.facts where name = ${FACT}`;

export const writeSampleFact = (fact: SampleFact): Sql => sql`
  insert into kernel.facts (name, value) values (${FACT}, ${JSON.stringify(fact)}::json)
  on conflict (name) do update set value = excluded.value`;

/** Every record was made by its owner; `one` and `list` are the fields that name people. */
export const giveTicketsTo = (
  table: Table,
  userId: string,
  { one, list }: { readonly one: Field; readonly list: Field },
): Sql => sql`
  update ${tableSql(table).name} t set created_by = ${userId}, modified_by = ${userId},
    ${ident(one.id)} = case when t.auto_number % 3 = 0 then ${userId} else ${columnOf(one)} end,
    ${ident(list.id)} = case when t.auto_number % 5 = 0 then array[${userId}::text] else ${columnOf(list)} end`;
