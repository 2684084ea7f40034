import { constant, empty, ident, sql, type Sql } from "#kernel";
import type { Field, LinkOptions, Table } from "../schema/base-schema.ts";
import { columnOf, CURRENT_TXN, tableSql } from "./table-sql.ts";

/** `own` links to `other`; `at` is the place in own's cell, from 0. */
export interface LinkPair {
  readonly own: string;
  readonly other: string;
  readonly at: number;
}

const PAIRS = constant(`p(own text collate "C", other text collate "C", at integer)`);

/** Pairs of the owners that are not among those given; answers the other sides that lost one. */
export const dropPairs = (
  baseId: string,
  options: LinkOptions,
  { owners, pairs }: { readonly owners: readonly string[]; readonly pairs: readonly LinkPair[] },
): Sql => sql`
  delete from ${junction(baseId, options)} j
  where j.${own(options)} = any(${owners}) and not exists (
    select 1 from json_to_recordset(${JSON.stringify(pairs)}::json) as ${PAIRS}
    where p.own = j.${own(options)} and p.other = j.${other(options)})
  returning j.${other(options)}`;

/** Pairs in which a deleted record stands on the other side; answers the owners. */
export const dropPairsOfDeleted = (
  baseId: string,
  options: LinkOptions,
  ids: readonly string[],
): Sql => sql`
  delete from ${junction(baseId, options)} j where j.${other(options)} = any(${ids}) returning j.${own(options)}`;

/**
 * Adds pairs and sets the order on the own side. On the other side a new pair comes last: later transactions and later
 * places in a call have larger numbers. Answers the other side and whether the pair is new.
 */
export const putPairs = (
  baseId: string,
  options: LinkOptions,
  { pairs, txn }: { readonly pairs: readonly LinkPair[]; readonly txn: number },
): Sql => sql`
  insert into ${junction(baseId, options)} as j
    (${own(options)}, ${other(options)}, ${ownPlace(options)}, ${otherPlace(options)})
  select p.own, p.other, p.at, (${txn}::bigint << 20) + row_number() over ()
  from json_to_recordset(${JSON.stringify(pairs)}::json) as ${PAIRS}
  on conflict (a, b) do update set ${ownPlace(options)} = excluded.${ownPlace(options)}
  returning j.${other(options)}, (j.xmax = 0) as is_new`;

/** Record id and the cell as JSON. */
export const cellsOfField = (table: Table, field: Field, ids: readonly string[]): Sql => sql`
  select t.id, to_json(${columnOf(field)}) from ${tableSql(table).name} t where t.id = any(${ids})`;

/** Writes the cells anew from the junction; answers id and the cell as JSON. */
export const refreshLinkCells = (
  table: Table,
  field: Field,
  {
    options,
    ids,
    at,
    by,
    timed,
  }: {
    readonly options: LinkOptions;
    readonly ids: readonly string[];
    readonly at: Date;
    readonly by: string | null;
    /** Somebody asks when this field was changed. */
    readonly timed: boolean;
  },
): Sql => sql`
  update ${tableSql(table).name} as t set
    ${ident(field.id)} = (
      select array_agg(j.${other(options)} order by j.${ownPlace(options)}, j.${other(options)})
      from ${junction(table.baseId, options)} j where j.${own(options)} = t.id),
    version = ${CURRENT_TXN}, modified_time = ${at}::timestamptz, modified_by = ${by}${
      timed ? sql`, touched = coalesce(t.touched, '{}') || ${touch(field, at, by)}` : empty
    }
  where t.id = any(${ids})
  returning t.id, to_json(${columnOf(field)})`;

function touch({ id }: Field, at: Date, by: string | null): Sql {
  return sql`jsonb_strip_nulls(jsonb_build_object(${constant(`'${id}'`)},
    jsonb_build_object('at', ${at.getTime()}::double precision, 'by', ${by}::text)))`;
}

function junction(baseId: string, options: LinkOptions): Sql {
  return ident(baseId, options.junction);
}

const own = ({ side }: LinkOptions): Sql => constant(side === "a" ? "a" : "b");
const other = ({ side }: LinkOptions): Sql => constant(side === "a" ? "b" : "a");
const ownPlace = ({ side }: LinkOptions): Sql => constant(side === "a" ? "a_pos" : "b_pos");
const otherPlace = ({ side }: LinkOptions): Sql => constant(side === "a" ? "b_pos" : "a_pos");
