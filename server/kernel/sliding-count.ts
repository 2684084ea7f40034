const SLICES = 10;

/** How often something happened in the last while, to a tenth of it. Costs ten numbers, however much happens. */
export class SlidingCount {
  private readonly windowMs: number;
  private readonly nowMs: () => number;
  private readonly counts = new Uint32Array(SLICES);
  private slice = 0;

  constructor(windowMs: number, nowMs: () => number) {
    this.windowMs = windowMs;
    this.nowMs = nowMs;
  }

  add(): void {
    this.turn();
    const at = this.slice % SLICES;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  total(): number {
    this.turn();
    let total = 0;
    for (const count of this.counts) {
      total += count;
    }
    return total;
  }

  clear(): void {
    this.counts.fill(0);
  }

  /** Moves on to the slice of now and empties those in between. */
  private turn(): void {
    const now = Math.floor((this.nowMs() * SLICES) / this.windowMs);
    const passed = Math.min(SLICES, now - this.slice);
    for (let back = 0; back < passed; back += 1) {
      this.counts[(now - back) % SLICES] = 0;
    }
    this.slice = Math.max(this.slice, now);
  }
}
