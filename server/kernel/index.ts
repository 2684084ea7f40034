/**
 * The ground that every module stands on: settings, the database, problems, ids, the change log, signals, the way out to
 * the network. It knows no module, no table of theirs and no HTTP route.
 */
export {
  actStatement,
  noteAct,
  noteActs,
  type Act,
  type ActTarget,
  type NotingScope,
} from "./acts/note-act.ts";
export { closeActs, noteRefusal, type RefusedAct } from "./acts/note-refusal.ts";
export {
  Breaker,
  breakerBoard,
  type BreakerPass,
  type BreakerSettings,
  type BreakerState,
} from "./breaker.ts";
export { SlidingCount } from "./sliding-count.ts";
export {
  changeNotices,
  type ChangeNotice,
  type ChangeNotices,
  type NoticeTransport,
  type TableChange,
} from "./change-notices.ts";
export {
  loadConfig,
  processEnvironment,
  readSettings,
  showSettings,
  type Config,
  type ConfigBase,
  type Settings,
  type ShownSetting,
} from "./config.ts";
export { openDataDir } from "./data-dir.ts";
export { copyCell, type CopyRows } from "./db/copy.ts";
export { inTransaction, type Db, type TextRow, type Tx } from "./db/db.ts";
export { databaseFailure, sqlState } from "./db/failures.ts";
export { migrate, type RepeatableScript } from "./db/migrate.ts";
export { readsUntil } from "./db/reads-until.ts";
export { openDatabase, type Database, type DatabaseOptions } from "./db/postgres.ts";
export { constant, empty, ident, join, literal, quoteIdent, Sql, sql } from "./db/sql.ts";
export type { Egress, EgressAnswer, EgressRequest } from "./egress/egress.ts";
export {
  keepPartitions,
  publish,
  publishedIn,
  readChanged,
  readEvents,
  type ChangedEvent,
  type ChangeEvent,
  type EventCursor,
} from "./events/events.ts";
export { insertEventsOfBatch } from "./events/events.sql.ts";
export { isTagNamed } from "./http/conditional.ts";
export { ProcessNotices } from "./process-notices.ts";
export type { HotAnswer, HotCall, HotReads } from "./http/hot-reads.ts";
export { conditionalAnswer } from "./http/conditional-answer.ts";
export { requireActor, type HttpEnv } from "./http/http-env.ts";
export {
  BODY_DEPTH_MAX,
  BODY_SIZE_MAX_BYTES,
  parseWith,
  readAll,
  readBytes,
  readJson,
  UPLOAD_BODY_SIZE_MAX_BYTES,
  type ByteSource,
  type ReadJsonOptions,
} from "./http/read-json.ts";
export { listenFailure } from "./http/listen-failure.ts";
export { sentenceOf, wrongInputs } from "./http/input-sentences.ts";
export { renderProblem, surfaceOf, titles, type Surface } from "./http/render-problem.ts";
export {
  jsonAnswer,
  partsOf,
  textAnswer,
  type AnswerHeaders,
  type TextParts,
} from "./http/text-answer.ts";
export {
  IDEMPOTENCY_KEPT_MS,
  IDEMPOTENCY_KEY_MAX_CHARACTERS,
  IdempotentReplay,
  stillRunning,
  sweepIdempotencyKeys,
  ticketFor,
  type KeyedRequest,
  type Ticket,
} from "./idempotency.ts";
export { isId, newId, type IdPrefix } from "./ids.ts";
export { AHEAD_SHARE, SharedBuckets } from "./limits/shared-buckets.ts";
export { TokenBuckets, type Bucket, type BucketRate } from "./limits/token-buckets.ts";
export { silentLog, type Log } from "./log.ts";
export type { Mailer, MailMessage } from "./mail.ts";
export type { Counter, Gauge, Histogram, Metrics } from "./metrics.ts";
export { openLog, type LineSink, type OpenLog } from "./pino-log.ts";
export { announce, measurePool, openMetrics } from "./prometheus.ts";
export type { ObjectStore } from "./object-store.ts";
export { part, Parts, type PartKey } from "./parts.ts";
export { PgSignals } from "./pg-signals.ts";
export { newProcessId, Processes, type RunningProcess } from "./processes.ts";
export { SideConnection } from "./db/side-connection.ts";
export {
  Problem,
  problemStatus,
  type AirtableError,
  type ProblemDetails,
  type ProblemKind,
} from "./problem.ts";
export {
  COMMAND_TIMEOUT_MS,
  openRedis,
  RedisAway,
  redisScript,
  type Redis,
  type RedisScript,
} from "./redis.ts";
export {
  systemScope,
  withScope,
  type Actor,
  type AnonymousActor,
  type ChangeSource,
  type IdempotencyTicket,
  type KeyCredential,
  type Scope,
  type SessionCredential,
  type StoredAnswer,
  type SystemActor,
  type UserActor,
  type World,
} from "./scope.ts";
export type { Signals } from "./signals.ts";
export { FileLock } from "./postgres/file-lock.ts";
export { openPostgres, type OpenPostgres } from "./postgres/open-postgres.ts";
export {
  QUOTA_EXCEEDED,
  usageGate,
  type CountedRequest,
  type CountedUse,
  type LimitedResource,
  type PlaceOfUse,
  type UsageGate,
} from "./usage.ts";
export { ConfigError } from "./setting-values.ts";
export {
  nearestName,
  settings,
  type Environment,
  type Setting,
  type SettingName,
} from "./settings.ts";
export { errorCode, StartError } from "./start-error.ts";
export { openTracing, type TracedCall, type Tracing } from "./tracing.ts";
export { openDiskStore } from "./disk-store.ts";
export { openEgress, type EgressOptions } from "./egress/open-egress.ts";
export { openMailer } from "./mail.ts";
