import pg from "pg";
import { installScript } from "../install.ts";

/** What a function is given and gives: SQL types that this can pass and read. */
export type SqlType =
  | "float8"
  | "text"
  | "timestamptz"
  | "boolean"
  | "float8[]"
  | "text[]"
  | "timestamptz[]"
  | "boolean[]";

/** A connection to a database in which the library is installed. */
export async function installed(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("begin");
  await client.query(installScript().text);
  await client.query("commit");
  return client;
}

/**
 * Calls a function once for each case, in one statement, and gives its answers in order: dates as milliseconds since 1970, which they
 * also are in the cases.
 */
export async function answers(
  client: pg.Client,
  { name, takes, gives }: { name: string; takes: readonly SqlType[]; gives: SqlType },
  cases: readonly (readonly unknown[])[],
): Promise<readonly unknown[]> {
  const argumentList = takes.map((type, index) => `(given ->> ${index})::${type}`).join(", ");
  const result = gives.startsWith("timestamptz")
    ? gives === "timestamptz"
      ? "formula.milliseconds(answer)"
      : "array(select formula.milliseconds(one) from unnest(answer) as one)"
    : "answer";
  const { rows } = await client.query<{ answer: unknown }>(
    `select ${result} as answer
     from unnest($1::jsonb[]) with ordinality as each(given, place)
     cross join lateral (select ${name}(${argumentList}) as answer offset 0) as called
     order by place`,
    [
      cases.map((given) =>
        JSON.stringify(given.map((value, index) => literal(value, takes[index] ?? "text"))),
      ),
    ],
  );
  return rows.map(({ answer }) => answer);
}

function literal(value: unknown, type: SqlType): string | null {
  if (value === null || value === undefined) {
    return null;
  }
  if (Array.isArray(value)) {
    const element = type.slice(0, -2) as SqlType;
    return `{${value.map((one) => quoted(literal(one, element))).join(",")}}`;
  }
  return type === "timestamptz" && typeof value === "number"
    ? new Date(value).toISOString()
    : (value as number).toString();
}

function quoted(text: string | null): string {
  return text === null ? "NULL" : `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
}
