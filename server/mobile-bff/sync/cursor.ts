import { z } from "zod";
import { Problem } from "#kernel";

/**
 * How far a client is. It holds places and no right: whoever makes one up harms nobody but themselves, because every call
 * asks for permission anew.
 */
export interface SyncCursor {
  readonly userId: string;
  /** The caller's level when the copy was begun. */
  readonly level: string;
  readonly baseId: string;
  /** Null: all tables of the base. */
  readonly tables: readonly string[] | null;
  /** Null: all fields. */
  readonly fields: readonly string[] | null;
  readonly place: SnapshotPlace | ChangePlace;
}

/** In the snapshot: which table, and where in it. */
export interface SnapshotPlace {
  readonly phase: "snapshot";
  /** The snapshot is at least as new; changes are read from here on. 0 before the first page. */
  readonly txn: number;
  readonly table: number;
  readonly offset: string | null;
}

/** In the change log: the first entry and the first of its records that have not been answered. */
export interface ChangePlace {
  readonly phase: "changes";
  readonly txn: number;
  readonly seq: number;
  readonly record: number;
}

/** Places inside one transaction: PostgreSQL counts them with 32 bits. */
const inside = z.int().min(0).max(2_000_000_000);
const whole = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const ids = z.array(z.string().max(17)).max(500).nullable();
const shape = z.union([
  z.tuple([
    z.literal(1),
    z.string().max(17),
    z.string().max(10),
    z.string().max(17),
    ids,
    ids,
    z.literal("s"),
    whole,
    whole,
    z.string().max(500).nullable(),
  ]),
  z.tuple([
    z.literal(1),
    z.string().max(17),
    z.string().max(10),
    z.string().max(17),
    ids,
    ids,
    z.literal("c"),
    whole,
    inside,
    inside,
  ]),
]);

/** The cursor as text for the client. */
export function writeCursor({ place, ...cursor }: SyncCursor): string {
  const { userId, level, baseId, tables, fields } = cursor;
  const at =
    place.phase === "snapshot"
      ? ["s", place.txn, place.table, place.offset]
      : ["c", place.txn, place.seq, place.record];
  return Buffer.from(JSON.stringify([1, userId, level, baseId, tables, fields, ...at])).toString(
    "base64url",
  );
}

/** Problem: `mobile-bff.bad-cursor`. */
export function readCursor(text: string): SyncCursor {
  const parsed = shape.safeParse(jsonOf(text));
  if (!parsed.success) {
    throw new Problem("invalid", "mobile-bff.bad-cursor", {
      message: "The cursor is not one of an answer before.",
      fields: { cursor: "is not of an answer before" },
    });
  }
  const [, userId, level, baseId, tables, fields] = parsed.data;
  const place: SyncCursor["place"] =
    parsed.data[6] === "s"
      ? {
          phase: "snapshot",
          txn: parsed.data[7],
          table: parsed.data[8],
          offset: parsed.data[9],
        }
      : {
          phase: "changes",
          txn: parsed.data[7],
          seq: parsed.data[8],
          record: parsed.data[9],
        };
  return { userId, level, baseId, tables, fields, place };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
