/** Without it the exclusive lock would write a journal, which a full disk refuses. */
export const writeNothing = "pragma journal_mode = memory";
/** SQLite's own statements: held until `rollback`, or until the process ends in whatever way. */
export const takeExclusive = "begin exclusive";
export const beginShared = "begin";
/** The first read takes the shared lock. */
export const takeShared = "select count(*) from sqlite_schema";
export const letGo = "rollback";
