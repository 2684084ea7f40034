import sql, { raw, type Sql } from "sql-template-tag";

// Texts count UTF-16 units, PostgreSQL counts characters. The two differ for characters that take four bytes in UTF-8, which
// are rare, and next to nothing tells that a text has none: then PostgreSQL's own functions serve.

/** True for a text of ASCII alone. */
export function isAscii(value: Sql): Sql {
  return sql`octet_length(${value}) = length(${value})`;
}

/** True for a text with too few bytes for a character that counts twice. */
export function isNarrow(value: Sql): Sql {
  return sql`octet_length(${value}) < length(${value}) + 3`;
}

/** Characters that count twice. */
const WIDE = raw(String.raw`U&'[\+010000-\+10FFFF]'`);

/** LEN: a number of units, `float8`. */
export function lengthSql(value: Sql): Sql {
  return sql`(case when ${isAscii(value)} then octet_length(${value}) when ${isNarrow(value)} or ${value} !~ ${WIDE} then length(${value}) else length(${value}) + formula.wide_characters(${value}) end)::float8`;
}
