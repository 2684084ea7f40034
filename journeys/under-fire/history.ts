/** What one call asked and was answered. Times are milliseconds of one clock. */
interface Observed {
  readonly client: number;
  /** Which of the processes was asked; it keeps its number when it is killed and started again. */
  readonly process: number;
  /** One keep-alive connection; a new one after it broke. */
  readonly connection: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 where there was no answer: the process was killed. */
  readonly status: number;
  /** `x-basalt-txn` of the answer. */
  readonly txn?: number;
}

/** A write that was acknowledged, or not: then the change log tells whether it happened. */
export interface WriteSeen extends Observed {
  readonly kind: "write";
}

/** A look at one record. */
export interface RecordSeen extends Observed {
  readonly kind: "record";
  readonly recordId: string;
  /** Undefined where the answer says that there is no such record. */
  readonly value: number | undefined;
  readonly minTxn?: number;
}

/** A look at the whole table. */
export interface PageSeen extends Observed {
  readonly kind: "page";
  readonly values: ReadonlyMap<string, number>;
  readonly minTxn?: number;
}

/** A right was given or taken. */
export interface RightSeen extends Observed {
  readonly kind: "right";
  readonly isGiven: boolean;
}

/** Somebody whose right comes and goes looked at the table. */
export interface GuestSeen extends Observed {
  readonly kind: "guest";
}

/** A call that follows another one and must succeed whichever process it meets. */
export interface FollowUpSeen extends Observed {
  readonly kind: "follow-up";
  readonly what: string;
  readonly isRight: boolean;
  readonly answer: string;
}

/** One entry of the history. */
export type Seen = WriteSeen | RecordSeen | PageSeen | RightSeen | GuestSeen | FollowUpSeen;

/** One version of a record: the value that it has from this transaction on; undefined once it is deleted. */
export interface Version {
  readonly txn: number;
  readonly value: number | undefined;
}

/** Record -> its versions, oldest first: what the change log says that happened. */
export type Versions = ReadonlyMap<string, readonly Version[]>;
