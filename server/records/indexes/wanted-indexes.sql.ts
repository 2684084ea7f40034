import { constant, ident, quoteIdent, sql, type Sql } from "#kernel";
import { typeOf } from "../field-types/registry.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import { buildLock } from "./give-way.sql.ts";

/** What an index is for: comparing as upsert does, answering the filter of a view, giving its order. */
export type IndexPurpose = "match" | "filter" | "sort";

/** An index of one field, told from others by its name. */
export interface WantedIndex {
  /** Unique in the base. */
  readonly name: string;
  /** What follows the table's name. */
  readonly definition: string;
}

/**
 * The index that helps, or none. Texts are hashed: a tree would refuse texts longer than 2,700 bytes, and with them the
 * write; so nothing helps a sort by text, nor a search within one. Lists of ids have one that finds their elements.
 */
export function indexFor(field: Field, purpose: IndexPurpose): WantedIndex | undefined {
  const column = typeOf(field).column(field);
  if (!column.own) {
    return undefined;
  }
  const name = quoteIdent(field.id);
  const { sqlType } = column;
  if (sqlType.endsWith("[]")) {
    return purpose === "filter" && sqlType.startsWith("text")
      ? { name: `${field.id}_any`, definition: `using gin (${name})` }
      : undefined;
  }
  if (sqlType.startsWith("text")) {
    return purpose === "sort"
      ? undefined
      : { name: `${field.id}_eq`, definition: `using hash (${name})` };
  }
  if (sqlType === "boolean" || sqlType === "jsonb") {
    return undefined;
  }
  const converted = purpose === "filter" ? inFormulas(field.type, name) : undefined;
  return converted === undefined
    ? { name: `${field.id}_ord`, definition: `(${name} nulls first)` }
    : { name: `${field.id}_val`, definition: `((${converted}))` };
}

/** The expression that formulas compare, where it is not the column. */
function inFormulas(type: string, column: string): string | undefined {
  switch (type) {
    case "rating":
      return `(${column})::double precision`;
    default:
      return undefined;
  }
}

/** About how many rows the table has, without counting them. */
export const rowsAbout = (table: Table): Sql => sql`
  select greatest(c.reltuples, pg_stat_get_live_tuples(c.oid))::bigint as rows
  from pg_class c where c.oid = to_regclass(${nameOf(table)})`;

/**
 * The indexes that stand on fields of the table. Those under a name that is not ours came with a copy of the table; they are as
 * good as not valid, because nobody would find them again.
 */
export const indexesOf = (table: Table): Sql => sql`
  select c.relname as name, i.indisvalid and c.relname like 'fld%' as valid
  from pg_index i join pg_class c on c.oid = i.indexrelid
  where i.indrelid = to_regclass(${nameOf(table)})
    and (c.relname like 'fld%' or starts_with(c.relname, ${`${table.id}_new_`}))`;

export const createIndex = (table: Table, { name, definition }: WantedIndex): string =>
  `create index concurrently if not exists ${quoteIdent(name)} on ${nameOf(table)} ${definition}`;

export const dropIndex = (table: Table, name: string): string =>
  `drop index concurrently if exists ${ident(table.baseId, name).text}`;

/** The indexes of ours in a base, with their tables. */
export const indexesOfBase = (baseId: string): Sql => sql`
  select t.relname as "tableId", c.relname as name
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = ${baseId} and c.relname like 'fld%' and t.relname like 'tbl%' and i.indisvalid`;

/** Keeps when somebody has wanted indexes; not more often than it matters. */
export const noteWanted = (baseId: string, names: readonly string[], at: Date): Sql => sql`
  insert into records.wanted_indexes as w (base_id, name, wanted_at)
  select b.id, n.name, ${at} from unnest(${names}::text[]) n(name) join records.bases b on b.id = ${baseId}
  on conflict (base_id, name) do update set wanted_at = excluded.wanted_at
  where w.wanted_at < excluded.wanted_at - interval '1 hour'`;

/** Of these indexes those that nobody has wanted since; one of which nothing is known counts as wanted now. */
export const unwantedSince = (
  baseId: string,
  names: readonly string[],
  { since, now }: { readonly since: Date; readonly now: Date },
): Sql => sql`
  with known as (
    insert into records.wanted_indexes (base_id, name, wanted_at)
    select ${baseId}, n.name, ${now} from unnest(${names}::text[]) n(name)
    on conflict (base_id, name) do nothing
  )
  select w.name from records.wanted_indexes w
  where w.base_id = ${baseId} and w.name = any(${names}) and w.wanted_at < ${since}`;

/** Forgets indexes of a base that are not there any more. */
export const forgetWanted = (baseId: string, there: readonly string[], before: Date): Sql => sql`
  delete from records.wanted_indexes w
  where w.base_id = ${baseId} and not w.name = any(${there}) and w.wanted_at < ${before}`;

/** One process at a time builds for a base; answers whether it is this one, and who it is. */
export const lockIndexes = (table: Table): Sql => sql`
  select pg_try_advisory_lock(${buildLock(table.baseId)}) as mine, pg_backend_pid() as pid`;

export const unlockIndexes = (table: Table): Sql =>
  sql`select pg_advisory_unlock(${buildLock(table.baseId)})`;

/** Outside a transaction; a table that somebody changes meanwhile is left alone. */
export const vacuumTable = (table: Table): string =>
  `vacuum (analyze, skip_locked) ${nameOf(table)}`;

export const backendPid: Sql = sql`select pg_backend_pid() as pid`;

export const cancelBackend = (pid: number): Sql => sql`select pg_cancel_backend(${pid})`;

export const setStatementTimeout = (milliseconds: number): Sql =>
  constant(`set statement_timeout = ${Math.trunc(milliseconds)}`);

export const resetStatementTimeout: Sql = constant("reset statement_timeout");

function nameOf({ baseId, id }: Table): string {
  return ident(baseId, id).text;
}
