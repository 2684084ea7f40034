/**
 * The records engine: bases, tables, fields, views and rows as real PostgreSQL schemas, tables and typed columns; the
 * change log of each base; Airtable's HTTP API over it. It deliberately does not know who listens to changes, how a request
 * reached it, or how files are kept.
 */
export { viewOf } from "./api/list-records.ts";
export { wholeView } from "./views/whole-view.ts";
export { currentTxn, TXN_HEADER } from "./api/answers.ts";
export { changeRoutes } from "./api/change-routes.ts";
export { explainRoutes } from "./api/explain-routes.ts";
export { metaRoutes } from "./api/meta-routes.ts";
export { commentRoutes, recordRoutes } from "./api/record-routes.ts";
export { viewRoutes } from "./api/view-routes.ts";
export { exportBase, type ExportedBase } from "./base-files/export-base.ts";
export { importBase, type BaseImport, type ImportedBase } from "./base-files/import-base.ts";
export { baseFileRoutes, baseFileWithoutKeys } from "./base-files/routes.ts";
export { operatorFileLimits, type BaseFileLimits } from "./base-files/zip-reader.ts";
export { refreshVolatile } from "./computed/refresh-volatile.ts";
export { backlogWorker } from "./computed/work-off-backlog.ts";
export { createBase, type BaseInput } from "./bases/create-base.ts";
export { measureBase, type BaseMeasure } from "./bases/measure-base.ts";
export { dropBase } from "./bases/drop-base.ts";
export { createField } from "./fields/create-field.ts";
export { hotReads, stopHotReads } from "./hot/hot-reads.ts";
export { stopIndexing } from "./indexes/index-keeper.ts";
export type { BaseSchema, Field, Table, View } from "./schema/base-schema.ts";
export { findTable } from "./schema/find.ts";
export { tableNotFound } from "./schema/refusals.ts";
export { schemaOf } from "./schema/schema-cache.ts";
export { createRecords } from "./rows/create-records.ts";
export { deleteRecords } from "./rows/delete-records.ts";
export { feedLag } from "./rows/feed-lag.ts";
export { getRecord } from "./rows/get-record.ts";
export { listRecords, type RecordListing, type RecordPage } from "./rows/list-records.ts";
export { readChanges } from "./rows/read-changes.ts";
export type { RecordJson, RecordShape } from "./rows/record-json.ts";
export { noteOpened, recentlyOpened, sweepRecent } from "./recent/recent.ts";
export type { RecentRow } from "./recent/recent.sql.ts";
export { sweepRecords } from "./rows/sweep.ts";
export { updateRecords } from "./rows/update-records.ts";
export { upsertRecords } from "./rows/upsert-records.ts";
export { giveSampleAway, hasSample, makeSampleBase } from "./sample-base/seed-sample.ts";
export { templateRoutes } from "./templates/routes.ts";
export { airtableTable } from "./tables/airtable-schema.ts";
export { countRows, type TableCount } from "./tables/count-rows.ts";
export { createTable } from "./tables/create-table.ts";
