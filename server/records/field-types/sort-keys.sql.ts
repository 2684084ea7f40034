import { constant, join, type Sql, sql } from "#kernel";
import type { SortKey } from "./field-type.ts";

/** Text as people sort it, ignoring case; what is then equal by code point. */
export function textKeys(text: Sql): readonly SortKey[] {
  return [
    { expression: sql`(${text} collate kernel.natural_ci)`, sqlType: "text" },
    { expression: sql`(${text} collate "C")`, sqlType: "text" },
  ];
}

/** Numbers, dates and check boxes: as they are. An unchecked box is null and so comes first. */
export function plainKeys(column: Sql, sqlType: string): readonly SortKey[] {
  return [{ expression: column, sqlType }];
}

/** A select by the place of its choice; a choice that is gone sorts as the empty cell that it reads as. */
export function choiceKeys(column: Sql, choiceIds: readonly string[]): readonly SortKey[] {
  return [{ expression: sql`array_position(${choiceIds}::text[], ${column})`, sqlType: "integer" }];
}

/** Several selects by the places of their choices, first to last. */
export function choiceListKeys(column: Sql, choiceIds: readonly string[]): readonly SortKey[] {
  const expression = sql`(select array_agg(array_position(${choiceIds}::text[], chosen.id) order by chosen.place)
    from unnest(${column}) with ordinality as chosen(id, place)
    where chosen.id = any(${choiceIds}::text[]))`;
  return [{ expression, sqlType: "integer[]" }];
}

/** Files by their names, joined. */
export function filenameKeys(column: Sql): readonly SortKey[] {
  return textKeys(sql`(select string_agg(file.body ->> 'filename', ', ' order by file.place)
    from jsonb_array_elements(${column}) with ordinality as file(body, place))`);
}

/** A bar code by its text. */
export function barcodeKeys(column: Sql): readonly SortKey[] {
  return textKeys(sql`(${column} ->> 'text')`);
}

/** Several bar codes by their texts, joined. */
export function joinedJsonKeys(column: Sql): readonly SortKey[] {
  return textKeys(sql`(select string_agg(code.body ->> 'text', ', ' order by code.place)
    from jsonb_array_elements(${column}) with ordinality as code(body, place))`);
}

/** The texts of a list, joined. */
export function joinedText(column: Sql): Sql {
  return sql`array_to_string(${column}, ', ')`;
}

/** The keys as `order by` takes them: empty cells first, or exactly the reverse. */
export function orderTerms(keys: readonly SortKey[], direction: "asc" | "desc"): Sql {
  const how = constant(direction === "asc" ? " asc nulls first" : " desc nulls last");
  return join(keys.map(({ expression }) => sql`${expression}${how}`));
}
