/** Tables in one base. Source: Airtable's documentation. */
export const TABLES_PER_BASE_MAX = 1_000;
/** Fields in one table. Source: Airtable's documentation; PostgreSQL holds 1,600 columns, dropped ones included. */
export const FIELDS_PER_TABLE_MAX = 500;
/** Views of one table. Ours. */
export const VIEWS_PER_TABLE_MAX = 1_000;
/** Characters (code points) in the name of a base, table, field or view. Ours. */
export const NAME_MAX_CHARACTERS = 255;
/** Characters of a view's options as JSON. Ours. */
export const VIEW_OPTIONS_MAX_CHARACTERS = 100_000;
/** How long a change of the schema waits for readers and writers of the table, milliseconds. */
export const SCHEMA_LOCK_TIMEOUT_MS = 5_000;
/** How long one statement of a change may run: converting a large table rewrites it. Milliseconds. */
export const SCHEMA_STATEMENT_TIMEOUT_MS = 300_000;
