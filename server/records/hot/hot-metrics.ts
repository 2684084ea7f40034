import type { Counter, Metrics } from "#kernel";
import type { ByteCache } from "./byte-cache.ts";
import type { HotEntry } from "./hot-entry.ts";

type CacheName = "record" | "page";

/** Counts in plain numbers, because hits are many, and adds them up when somebody looks at the metrics. */
export class HotMetrics {
  private readonly counts = { record: newCounts(), page: newCounts() };
  private evictions = 0;

  constructor(metrics: Metrics, cache: ByteCache<HotEntry>) {
    // Made before the counters, and so asked before them: they are complete when their turn comes.
    metrics.gauge("hot_bytes", "Memory that kept answers take, about", [], (gauge) => {
      this.addUp(reads, evictions, cache);
      gauge.set(cache.sizeBytes);
    });
    metrics.gauge("hot_entries", "Answers kept", [], (gauge) => gauge.set(cache.count));
    const reads = metrics.counter(
      "hot_reads_total",
      "Reads of records and pages: answered from memory, read, or answered by a read that was running",
      ["cache", "result"],
    );
    const evictions = metrics.counter("hot_evictions_total", "Answers removed to make room");
  }

  private addUp(reads: Counter, evictions: Counter, cache: ByteCache<HotEntry>): void {
    for (const name of ["record", "page"] as const) {
      const counts = this.counts[name];
      for (const result of ["hit", "miss", "coalesced"] as const) {
        reads.inc({ cache: name, result }, counts[result]);
        counts[result] = 0;
      }
    }
    evictions.inc({}, cache.evictions - this.evictions);
    this.evictions = cache.evictions;
  }

  hit(recordId: string | undefined): void {
    this.counts[nameOf(recordId)].hit += 1;
  }

  missed(recordId: string | undefined): void {
    this.counts[nameOf(recordId)].miss += 1;
  }

  coalesced(recordId: string | undefined): void {
    this.counts[nameOf(recordId)].coalesced += 1;
  }
}

function nameOf(recordId: string | undefined): CacheName {
  return recordId === undefined ? "page" : "record";
}

function newCounts(): { hit: number; miss: number; coalesced: number } {
  return { hit: 0, miss: 0, coalesced: 0 };
}
