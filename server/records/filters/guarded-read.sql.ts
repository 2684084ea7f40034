import { constant, type Sql } from "#kernel";

/** To the end of the transaction nothing can be written. */
export const readOnly: Sql = constant("set transaction read only");
