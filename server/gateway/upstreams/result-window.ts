/** What a target did in the last while. */
export interface WindowFigures {
  readonly requests: number;
  readonly errors: number;
  /** 0 to 1. */
  readonly errorRate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const SLICES = 15;
/** Each bucket of durations reaches a quarter further than the one before: 0.1 ms to 4 minutes in 66. */
const BUCKETS = 66;
const FIRST_MS = 0.1;
const STEP = Math.log(1.25);

interface Slice {
  requests: number;
  errors: number;
  readonly durations: Uint32Array;
}

/** Counts results and durations over a sliding window; figures are within a quarter of the true durations. */
export class ResultWindow {
  private readonly sliceMs: number;
  private readonly nowMs: () => number;
  private readonly slices: readonly Slice[];
  private at = 0;

  constructor(windowMs: number, nowMs: () => number = () => performance.now()) {
    this.sliceMs = windowMs / SLICES;
    this.nowMs = nowMs;
    this.slices = Array.from({ length: SLICES }, () => ({
      requests: 0,
      errors: 0,
      durations: new Uint32Array(BUCKETS),
    }));
  }

  add(isError: boolean, ms: number): void {
    const slice = this.turn();
    slice.requests += 1;
    slice.errors += isError ? 1 : 0;
    const bucket = ms <= FIRST_MS ? 0 : Math.ceil(Math.log(ms / FIRST_MS) / STEP);
    const index = Math.min(BUCKETS - 1, bucket);
    slice.durations[index] = (slice.durations[index] ?? 0) + 1;
  }

  clear(): void {
    for (const slice of this.slices) {
      empty(slice);
    }
  }

  figures(): WindowFigures {
    this.turn();
    let requests = 0;
    let errors = 0;
    const durations = new Uint32Array(BUCKETS);
    for (const slice of this.slices) {
      requests += slice.requests;
      errors += slice.errors;
      for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
        durations[bucket] = (durations[bucket] ?? 0) + (slice.durations[bucket] ?? 0);
      }
    }
    return {
      requests,
      errors,
      errorRate: requests === 0 ? 0 : errors / requests,
      p50Ms: quantile(durations, requests * 0.5),
      p99Ms: quantile(durations, requests * 0.99),
    };
  }

  private turn(): Slice {
    const now = Math.floor(this.nowMs() / this.sliceMs);
    const passed = Math.min(SLICES, now - this.at);
    for (let back = 0; back < passed; back += 1) {
      empty(this.slices[(now - back) % SLICES]);
    }
    this.at = Math.max(this.at, now);
    return this.slices[this.at % SLICES] as Slice;
  }
}

function empty(slice: Slice | undefined): void {
  if (slice !== undefined) {
    slice.requests = 0;
    slice.errors = 0;
    slice.durations.fill(0);
  }
}

/** The upper end of the bucket in which the n-th duration lies, milliseconds. */
function quantile(durations: Uint32Array, nth: number): number {
  let seen = 0;
  for (const [bucket, count] of durations.entries()) {
    seen += count;
    if (count > 0 && seen >= nth) {
      return Math.round(FIRST_MS * Math.exp(bucket * STEP) * 100) / 100;
    }
  }
  return 0;
}
