import type { PageSeen, RecordSeen, Seen, Version, Versions } from "./history.ts";

/** How long another process may still answer with what it knew, milliseconds. Source: architecture, "Reads at memory speed". */
const STALE_MAX_MS = 1_000;

/**
 * What in a history must not have been. Checked: every look equals the table as it was after one transaction, not before what
 * the client had named, not before what the same process had acknowledged, not before what anybody had acknowledged a second
 * earlier; transaction numbers never go back on a connection; a right that was taken is gone at once in the process that took
 * it and after a second everywhere; what follows a schema change works in every process; nothing failed but by a kill.
 */
export function violations(history: readonly Seen[], versions: Versions): string[] {
  const known = new Known(history);
  return [
    ...history.flatMap((seen) => failure(seen)),
    ...history.flatMap((seen) =>
      seen.kind === "record" || seen.kind === "page" ? look(seen, versions, known) : [],
    ),
    ...backwards(history),
    ...outlived(history),
  ];
}

function failure(seen: Seen): string[] {
  if (seen.status >= 500 && seen.status !== 503) {
    return [`${told(seen)} was answered ${seen.status}`];
  }
  return seen.kind === "follow-up" && seen.status !== 0 && !seen.isRight
    ? [`${told(seen)}: ${seen.what}: ${seen.status} ${seen.answer}`]
    : [];
}

/** Which transactions a look had to see, and which it cannot have seen. */
class Known {
  private readonly byProcess = new Map<number, { atMs: number; txn: number }[]>();
  private readonly all: { atMs: number; txn: number }[];
  private readonly begun: { atMs: number; txn: number }[];

  constructor(history: readonly Seen[]) {
    this.all = rising(history);
    this.begun = begun(history);
    for (const { process } of history) {
      if (!this.byProcess.has(process)) {
        this.byProcess.set(process, rising(history.filter((seen) => seen.process === process)));
      }
    }
  }

  /** Transactions of this process before this time. */
  by(process: number, atMs: number): number {
    return newestBefore(this.byProcess.get(process) ?? [], atMs);
  }

  /** Transactions of any process before this time. */
  byAny(atMs: number): number {
    return newestBefore(this.all, atMs);
  }

  /** The newest transaction that can have been there at this time: every later one began after it. */
  newestAt(atMs: number): number {
    const next = this.begun[countBefore(this.begun, atMs)];
    return next === undefined ? Infinity : next.txn - 1;
  }
}

/** Writes by their beginning, with the lowest transaction of those that began later: it bounds what a look before them can have seen. */
function begun(history: readonly Seen[]): { atMs: number; txn: number }[] {
  const steps: { atMs: number; txn: number }[] = [];
  const writes = history.filter((seen) => seen.kind === "write" && seen.txn !== undefined);
  let lowest = Infinity;
  for (const { startMs, txn = 0 } of writes.toSorted((a, b) => b.startMs - a.startMs)) {
    lowest = Math.min(lowest, txn);
    steps.push({ atMs: startMs, txn: lowest });
  }
  return steps.toReversed();
}

/** When which transaction was acknowledged, both rising. */
function rising(history: readonly Seen[]): { atMs: number; txn: number }[] {
  const steps: { atMs: number; txn: number }[] = [];
  const writes = history.filter((seen) => seen.kind === "write" && seen.txn !== undefined);
  for (const { endMs, txn = 0 } of writes.toSorted((a, b) => a.endMs - b.endMs)) {
    if (txn > (steps.at(-1)?.txn ?? 0)) {
      steps.push({ atMs: endMs, txn });
    }
  }
  return steps;
}

interface Step {
  readonly atMs: number;
  readonly txn: number;
}

function newestBefore(steps: readonly Step[], atMs: number): number {
  return steps[countBefore(steps, atMs) - 1]?.txn ?? 0;
}

/** How many of the steps lie before this time. */
function countBefore(steps: readonly Step[], atMs: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle]?.atMs ?? Infinity) < atMs) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function look(seen: RecordSeen | PageSeen, versions: Versions, known: Known): string[] {
  if (seen.status !== 200 && !(seen.kind === "record" && seen.status === 404)) {
    return [];
  }
  const oldest = Math.max(
    seen.minTxn ?? 0,
    seen.txn ?? 0,
    known.by(seen.process, seen.startMs),
    known.byAny(seen.startMs - STALE_MAX_MS),
  );
  const ids = seen.kind === "record" ? [seen.recordId] : [...versions.keys()];
  const found = transactionOf(ids, versions, (id) =>
    seen.kind === "record" ? seen.value : seen.values.get(id),
  );
  if (found.unknown !== undefined) {
    return [`${told(seen)} shows ${found.unknown}, which nobody wrote`];
  }
  const strangers =
    seen.kind === "page" ? [...seen.values.keys()].filter((id) => !versions.has(id)) : [];
  if (strangers.length > 0) {
    return [`${told(seen)} shows records that nobody made: ${strangers.join(", ")}`];
  }
  const newest = known.newestAt(seen.endMs);
  return found.fits(oldest, newest)
    ? []
    : [
        `${told(seen)} fits no transaction from ${oldest} to ${newest} (min ${seen.minTxn}, said ${seen.txn}): ${found.told}`,
      ];
}

interface Fit {
  /** A value that no version has. */
  readonly unknown?: string;
  /** Is there a transaction between these after which everything was as it was seen? */
  readonly fits: (oldest: number, newest: number) => boolean;
  readonly told: string;
}

/** Values are written once each, so what was seen of a record fits one stretch of transactions; what was not seen fits all but its life. */
function transactionOf(
  ids: readonly string[],
  versions: Versions,
  seenOf: (id: string) => number | undefined,
): Fit {
  let from = 0;
  let to = Infinity;
  let narrowedBy = "";
  const lives: [from: number, to: number][] = [];
  for (const id of ids) {
    const all = versions.get(id) ?? [];
    const value = seenOf(id);
    if (value === undefined) {
      const life = lifeOf(all);
      if (life !== undefined) {
        lives.push(life);
      }
      continue;
    }
    const at = all.findIndex((version) => version.value === value);
    const version = all[at];
    if (version === undefined) {
      return { unknown: `${id} = ${value}`, fits: () => false, told: "" };
    }
    from = Math.max(from, version.txn);
    const end = (all[at + 1]?.txn ?? Infinity) - 1;
    if (end < to) {
      to = end;
      narrowedBy = `${id} = ${value}`;
    }
  }
  lives.sort(([a], [b]) => a - b);
  return {
    fits: (oldest, newest) => {
      let candidate = Math.max(from, oldest);
      for (const [begin, end] of lives) {
        if (candidate >= begin && candidate <= end) {
          candidate = end + 1;
        }
      }
      return candidate <= Math.min(to, newest);
    },
    told: `seen from ${from} to ${to} (${narrowedBy}), ${lives.length} records not seen`,
  };
}

/** From its first version to the last one that is no deletion. */
function lifeOf(all: readonly Version[]): [from: number, to: number] | undefined {
  const first = all[0];
  if (first === undefined) {
    return undefined;
  }
  const end = all.find(({ value }) => value === undefined);
  return [first.txn, (end?.txn ?? Infinity) - 1];
}

function backwards(history: readonly Seen[]): string[] {
  const newest = new Map<string, number>();
  return history
    .toSorted((a, b) => a.endMs - b.endMs)
    .flatMap((seen) => {
      if (seen.txn === undefined) {
        return [];
      }
      const before = newest.get(seen.connection) ?? 0;
      newest.set(seen.connection, Math.max(before, seen.txn));
      return seen.txn < before
        ? [`${told(seen)} says transaction ${seen.txn} after ${before} on one connection`]
        : [];
    });
}

/** Looks of the guest after the right was taken, until somebody began to give it again. */
function outlived(history: readonly Seen[]): string[] {
  const rights = history
    .filter((seen) => seen.kind === "right")
    .toSorted((a, b) => a.startMs - b.startMs);
  const guests = history.filter((seen) => seen.kind === "guest" && seen.status === 200);
  return rights.flatMap((right, at) => {
    if (right.isGiven || right.status !== 200) {
      return [];
    }
    const againMs = rights.slice(at + 1).find(({ isGiven }) => isGiven)?.startMs ?? Infinity;
    return guests
      .filter(({ process, startMs, endMs }) => {
        const goneMs = right.endMs + (process === right.process ? 0 : STALE_MAX_MS);
        return startMs > goneMs && endMs < againMs;
      })
      .map(
        (guest) =>
          `${told(guest)} was let in ${Math.round(guest.startMs - right.endMs)} ms after process ${right.process} had taken the right`,
      );
  });
}

function told({ kind, client, process, startMs }: Seen): string {
  return `${kind} of client ${client} at process ${process}, ${Math.round(startMs)} ms`;
}
