import type { AnswerHeaders, HotAnswer } from "#kernel";
import { baseHeaders } from "../api/answers.ts";
import type { BaseState, TableState } from "./base-state.ts";
import type { ByteCache, Kept } from "./byte-cache.ts";

/** Bodies up to this are kept as text of one byte a character, which goes out in one write with its head. */
export const ONE_WRITE_MAX_BYTES = 8_192;
/** What an entry takes besides its body, about. */
const OVERHEAD_BYTES = 600;

/** What is known of an answer when it is kept. */
export interface NewEntry {
  readonly key: string;
  readonly endpoint: string;
  readonly base: BaseState;
  readonly table: TableState;
  /** Absent for pages. */
  readonly recordId: string | undefined;
  readonly etag: string;
  readonly body: string;
  /** The number at which it was read. */
  readonly readAt: number;
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly untilMs: number;
  /** How often people's names had changed, where it holds any. */
  readonly peopleEpoch: number | undefined;
  readonly isWide: boolean;
}

/** One answer in memory. */
export class HotEntry implements HotAnswer, Kept {
  readonly key: string;
  readonly endpoint: string;
  readonly base: BaseState;
  readonly recordId: string | undefined;
  readonly etag: string;
  readonly latin1: string | undefined;
  readonly readAt: number;
  readonly peopleEpoch: number | undefined;
  private readonly table: TableState;
  private readonly generation: number;
  private readonly untilMs: number;
  private readonly isWide: boolean;
  /** Absent where the text is kept. */
  private readonly large: Buffer | undefined;
  private made: Map<string, unknown> | undefined;
  cache: ByteCache<HotEntry> | undefined;
  sizeBytes: number;
  uses = 0;
  queue: Kept["queue"];
  newer: Kept | undefined;
  older: Kept | undefined;

  constructor(entry: NewEntry) {
    this.key = entry.key;
    this.endpoint = entry.endpoint;
    this.base = entry.base;
    this.table = entry.table;
    this.recordId = entry.recordId;
    this.etag = entry.etag;
    const { text, bytes } = keptAs(entry.body);
    this.latin1 = text;
    this.large = bytes;
    this.readAt = entry.readAt;
    this.generation = entry.generation;
    this.untilMs = entry.untilMs;
    this.peopleEpoch = entry.peopleEpoch;
    this.isWide = entry.isWide;
    this.sizeBytes = OVERHEAD_BYTES + entry.key.length + (text ?? bytes).length;
    this.queue = undefined;
    this.newer = undefined;
    this.older = undefined;
    this.cache = undefined;
  }

  get bytes(): Buffer {
    return this.large ?? Buffer.from(this.latin1 ?? "", "latin1");
  }

  get baseId(): string {
    return this.base.baseId;
  }

  get txn(): string {
    return this.base.txn;
  }

  get headers(): AnswerHeaders {
    return { ...baseHeaders(Number(this.txn)), etag: this.etag };
  }

  /** True where reading it again would give the same, as far as the base tells. The base must be steady. */
  isFresh(nowMs: number, peopleEpoch: number): boolean {
    const { base, table, readAt } = this;
    const changedAt = this.recordId === undefined ? table.changedAt : table.recordsChangedAt;
    return (
      readAt >= changedAt &&
      readAt >= base.allChangedAt &&
      this.generation === base.generation &&
      nowMs < this.untilMs &&
      (this.peopleEpoch === undefined || this.peopleEpoch === peopleEpoch) &&
      (!this.isWide || readAt >= base.changedAt)
    );
  }

  ready(encoding: string): unknown {
    return this.made?.get(encoding);
  }

  keepReady(encoding: string, value: unknown, sizeBytes: number): void {
    this.made ??= new Map();
    this.made.set(encoding, value);
    this.cache?.grew(this, sizeBytes);
  }
}

/** A body as it is kept. Most bodies are plain ASCII, and those that are need no conversion. */
function keptAs(
  body: string,
):
  | { readonly text: string; readonly bytes?: never }
  | { readonly text?: never; readonly bytes: Buffer } {
  if (body.length <= ONE_WRITE_MAX_BYTES && isAscii(body)) {
    return { text: body };
  }
  const bytes = Buffer.from(body);
  return bytes.length <= ONE_WRITE_MAX_BYTES ? { text: bytes.toString("latin1") } : { bytes };
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are what ASCII begins with.
  return /^[\0-\x7f]*$/.test(text);
}
