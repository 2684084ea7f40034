/** SQLite's own statements: held until `rollback`, or until the process ends in whatever way. */
export const takeExclusive = "begin exclusive";
export const beginShared = "begin";
/** The first read takes the shared lock. */
export const takeShared = "select count(*) from sqlite_schema";
export const letGo = "rollback";
