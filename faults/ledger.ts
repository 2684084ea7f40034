/** What is asked of one batch of records that are always written together. */
export type Deed =
  | { readonly kind: "create"; readonly size: number; readonly project: string }
  | { readonly kind: "set"; readonly value: number }
  | { readonly kind: "delete" };

/** One write as it was sent. */
export interface Write {
  readonly batch: string;
  readonly deed: Deed;
  /** `Idempotency-Key`, where one was sent. */
  readonly key: string | undefined;
  /** An unanswered write may have happened or not; nothing else is sent about its batch until that is known. */
  outcome: "unknown" | "done";
  /** Of the transaction, from the answer. */
  txn?: number;
  /** Of the records, from the answer to a creation. */
  ids?: readonly string[];
}

/** One record as the server lists it. */
export interface FoundRecord {
  readonly id: string;
  readonly batch: string;
  readonly value: number;
  readonly project: string;
}

/** One entry of the base's change feed. */
export interface FoundChange {
  readonly txn: number;
  readonly recordIds: readonly string[];
}

/** What the server shows after everything. */
export interface Found {
  readonly records: readonly FoundRecord[];
  /** Project -> ids of the records that its own link cell names. */
  readonly linked: ReadonlyMap<string, readonly string[]>;
  readonly changes: readonly FoundChange[];
}

/** Everything that was asked and what is known of it. */
export class Ledger {
  readonly #batches = new Map<string, Write[]>();

  /** Writes a write down before it is sent. */
  add(write: Write): void {
    const writes = this.#batches.get(write.batch) ?? [];
    this.#batches.set(write.batch, writes);
    writes.push(write);
  }

  /** The writes about one batch, in the order they were sent. */
  of(batch: string): readonly Write[] {
    return this.#batches.get(batch) ?? [];
  }

  get writes(): readonly Write[] {
    return [...this.#batches.values()].flat();
  }

  /** Everything that is not as it must be, each as a sentence; empty where all is well. */
  violations({ records, linked, changes }: Found): readonly string[] {
    const byBatch = Map.groupBy(records, ({ batch }) => batch);
    return [
      ...[...byBatch.keys()]
        .filter((batch) => !this.#batches.has(batch))
        .map((batch) => `batch ${batch} was never asked for`),
      ...[...this.#batches].flatMap(([batch, writes]) =>
        wrongBatch(batch, writes, byBatch.get(batch) ?? []),
      ),
      ...wrongLinks(records, linked),
      ...wrongFeed(this.writes, records, changes),
    ];
  }
}

/** How a batch stands after some of its writes: its size, 0 for none, and the value of its records. */
interface State {
  readonly size: number;
  readonly value: number;
}

function after(writes: readonly Write[]): State {
  let state: State = { size: 0, value: 0 };
  for (const { deed } of writes) {
    if (deed.kind === "set") {
      state = { size: state.size, value: deed.value };
    } else {
      state = { size: deed.kind === "create" ? deed.size : 0, value: 0 };
    }
  }
  return state;
}

function wrongBatch(
  batch: string,
  writes: readonly Write[],
  found: readonly FoundRecord[],
): string[] {
  const isOpen = writes.at(-1)?.outcome === "unknown";
  const allowed = [after(isOpen ? writes.slice(0, -1) : writes), after(writes)];
  const values = new Set(found.map(({ value }) => value));
  const fits = allowed.some(
    ({ size, value }) =>
      found.length === size && (size === 0 || (values.size === 1 && values.has(value))),
  );
  const known = writes[0]?.ids;
  const wrong: string[] = [];
  if (!fits) {
    const wanted = allowed.map(({ size, value }) => `${size} with ${value}`).join(" or ");
    wrong.push(
      `batch ${batch}: ${found.length} records with ${[...values].join(", ")}, must be ${wanted}`,
    );
  }
  if (known !== undefined && found.some(({ id }) => !known.includes(id))) {
    wrong.push(`batch ${batch}: records with other ids than were answered`);
  }
  return wrong;
}

function wrongLinks(records: readonly FoundRecord[], linked: Found["linked"]): string[] {
  const own = Map.groupBy(records, ({ project }) => project);
  return [...linked].flatMap(([project, ids]) => {
    const wanted = (own.get(project) ?? []).map(({ id }) => id).toSorted();
    const same = wanted.join() === ids.toSorted().join();
    return same
      ? []
      : [`project ${project} names ${ids.length} records, and ${wanted.length} name it`];
  });
}

function wrongFeed(
  writes: readonly Write[],
  records: readonly FoundRecord[],
  changes: readonly FoundChange[],
): string[] {
  const wrong: string[] = [];
  const idsByTxn = new Map<number, Set<string>>();
  let last = 0;
  for (const { txn, recordIds } of changes) {
    if (txn !== last && txn !== last + 1) {
      wrong.push(`the feed goes from transaction ${last} to ${txn}`);
    }
    last = txn;
    const ids = idsByTxn.get(txn) ?? new Set();
    idsByTxn.set(txn, ids);
    recordIds.forEach((id) => ids.add(id));
  }
  for (const { batch, deed, txn, ids = [] } of writes) {
    if (txn !== undefined && !ids.every((id) => idsByTxn.get(txn)?.has(id))) {
      wrong.push(`transaction ${txn} of the feed lacks the ${deed.kind} of batch ${batch}`);
    }
  }
  const mentioned = new Set([...idsByTxn.values()].flatMap((ids) => [...ids]));
  const silent = records.filter(({ id }) => !mentioned.has(id));
  if (silent.length > 0) {
    wrong.push(`${silent.length} records were never in the feed`);
  }
  return wrong;
}
