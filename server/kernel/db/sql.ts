import sqlTag, { join, raw, Sql, empty } from "sql-template-tag";

/** A statement with its bound values; statements nest: `` sql`select ${columns} from t where id = ${id}` ``. */
export { sqlTag as sql, join, empty, Sql };

/**
 * A quoted identifier, for names that come from ids (`fld…`, `tbl…`, `app…`) or from users (readable views).
 * Doubles embedded quotes; refuses NUL, which PostgreSQL cannot hold in a name.
 */
export function ident(...path: readonly string[]): Sql {
  return raw(path.map(quoteIdent).join("."));
}

/** The same as text, for statements that are composed once per schema version. */
export function quoteIdent(name: string): string {
  if (name.includes("\0")) {
    throw new Error("an identifier cannot hold NUL");
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** A quoted literal, for the few places where PostgreSQL takes no parameter (DDL defaults, role passwords). */
export function literal(text: string): Sql {
  if (text.includes("\0")) {
    throw new Error("a literal cannot hold NUL");
  }
  const body = `'${text.replaceAll("'", "''")}'`;
  return raw(text.includes("\\") ? ` E${body.replaceAll("\\", "\\\\")}` : body);
}

/** Trusted, constant SQL text. Never for anything that a caller sent. */
export function constant(text: string): Sql {
  return raw(text);
}
