import { constant, type Sql, sql } from "#kernel";

/** What becomes of a column: the new value, and whether something of the old one is lost with it. */
export interface ColumnConversion {
  readonly value: Sql;
  /** A boolean, never null. */
  readonly lost: Sql;
}

const nothing = constant("false");

/** The value stays as it is; the SQL type may be named where it changes. */
export function sameColumn(column: Sql, sqlType?: string): ColumnConversion {
  return {
    value: sqlType === undefined ? column : sql`(${column})::${constant(sqlType)}`,
    lost: nothing,
  };
}

/** Lines become one line. */
export function oneLine(column: Sql): ColumnConversion {
  return {
    value: sql`nullif(regexp_replace(rtrim(${column}, E'\\n'), E'\\r\\n|[\\r\\n]', ' ', 'g'), '')`,
    lost: nothing,
  };
}

/** A number rounded to a rating; numbers outside of 1 to max are lost. */
export function roundedToRating(column: Sql, max: number): ColumnConversion {
  const whole = sql`floor(${column} + 0.5)`;
  return {
    value: sql`case when ${whole} between 1 and ${max}::double precision then (${whole})::smallint end`,
    lost: sql`(${column} is not null and not ${whole} between 1 and ${max}::double precision)`,
  };
}

/** Anything but 0 is checked. */
export function numberToCheck(column: Sql): ColumnConversion {
  return { value: sql`case when ${column} <> 0 then true end`, lost: nothing };
}

/** Checked is 1. */
export function checkToNumber(column: Sql, sqlType: string): ColumnConversion {
  return { value: sql`case when ${column} then 1::${constant(sqlType)} end`, lost: nothing };
}

/** Midnight of the day in the zone. */
export function dayToInstant(column: Sql, zone: string): ColumnConversion {
  return { value: sql`(${column}::timestamp at time zone ${zone}::text)`, lost: nothing };
}

/** The day in the zone: that is what a date is, so the time counts as not asked for, not as lost. */
export function instantToDay(column: Sql, zone: string): ColumnConversion {
  return { value: sql`(${column} at time zone ${zone}::text)::date`, lost: nothing };
}

/** A list of the one value. */
export function oneToList(column: Sql): ColumnConversion {
  return {
    value: sql`case when ${column} is not null then array[${column}]::text[] end`,
    lost: nothing,
  };
}

/** The first of the list; the others are lost. */
export function listToOne(column: Sql): ColumnConversion {
  return { value: sql`${column}[1]`, lost: sql`coalesce(cardinality(${column}) > 1, false)` };
}

/** A choice of a field whose choices are these from now on. */
export function choiceToChoice(
  column: Sql,
  choiceIds: readonly string[],
  list: boolean,
): ColumnConversion {
  const known = sql`${column} = any(${choiceIds}::text[])`;
  return {
    value: list
      ? sql`case when ${known} then array[${column}]::text[] end`
      : sql`case when ${known} then ${column} end`,
    lost: sql`coalesce(not ${known}, false)`,
  };
}

/** The choices of a list that are among these; for a single one the first of them. */
export function choicesToChoice(
  column: Sql,
  choiceIds: readonly string[],
  list: boolean,
): ColumnConversion {
  const kept = sql`(select array_agg(chosen.id order by chosen.place)
    from unnest(${column}) with ordinality as chosen(id, place)
    where chosen.id = any(${choiceIds}::text[]))`;
  const gone = sql`coalesce(not ${column} <@ ${choiceIds}::text[], false)`;
  return {
    value: list ? kept : sql`(${kept})[1]`,
    lost: list ? gone : sql`(${gone} or coalesce(cardinality(${column}) > 1, false))`,
  };
}
