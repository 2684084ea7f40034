import { sqlState, type Tx } from "#kernel";
import type { BaseSchema } from "../schema/base-schema.ts";
import type { CarryId } from "./carry-ids.ts";
import type { FileUser } from "./format.ts";
import { badBaseFile } from "./problems.ts";

/** A base that has its tables and no records yet, in the transaction that made it. */
export interface EmptyBase {
  readonly tx: Tx;
  readonly schema: BaseSchema;
  readonly newId: CarryId;
  /** Ids of persons in the content -> here. */
  readonly userIds: ReadonlyMap<string, string>;
  /** Persons of the content who have no account here. */
  readonly absent: readonly FileUser[];
  /** Is told now and then how many records are in. */
  readonly progress: ((records: number) => void) | undefined;
}

/** 22 is a value that the column cannot hold, 23505 an id or number that is there twice. */
export function explained(error: unknown, entry: string, where: string): unknown {
  const state = sqlState(error);
  if (state?.startsWith("22") === true) {
    return badBaseFile(entry, `has a value ${where} that cannot be stored`, error);
  }
  if (state === "23505") {
    return badBaseFile(entry, `has an id or a number ${where} that is there already`, error);
  }
  return error;
}
