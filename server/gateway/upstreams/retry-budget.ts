/** The last so many seconds count, milliseconds. */
const WINDOW_MS = 10_000;
const SLICES = 10;

/**
 * Bounds how much retries may add to the load of something that fails: a share of the requests that run at the moment, and
 * the same share of those of the last ten seconds; a few are always allowed.
 */
export class RetryBudget {
  private readonly share: number;
  private readonly least: number;
  private readonly nowMs: () => number;
  private readonly requests = new Uint32Array(SLICES);
  private readonly retries = new Uint32Array(SLICES);
  private slice = 0;
  private running = 0;
  private retrying = 0;

  constructor(
    { budget, budgetMin }: { readonly budget: number; readonly budgetMin: number },
    nowMs: () => number = () => performance.now(),
  ) {
    this.share = budget;
    this.least = budgetMin;
    this.nowMs = nowMs;
  }

  /** Requests that run. */
  get active(): number {
    return this.running;
  }

  /** A request begins. */
  begin(): void {
    this.running += 1;
    this.turn();
    this.requests[this.slice % SLICES] = (this.requests[this.slice % SLICES] ?? 0) + 1;
  }

  /** It has ended, with all its tries. */
  end(): void {
    this.running -= 1;
  }

  /** True where another try may begin; `retried` tells that it has ended. */
  mayRetry(): boolean {
    this.turn();
    const allowedNow = Math.max(this.least, Math.floor(this.running * this.share));
    const allowedLately = Math.max(this.least, Math.floor(sum(this.requests) * this.share));
    if (this.retrying >= allowedNow || sum(this.retries) >= allowedLately) {
      return false;
    }
    this.retrying += 1;
    this.retries[this.slice % SLICES] = (this.retries[this.slice % SLICES] ?? 0) + 1;
    return true;
  }

  retried(): void {
    this.retrying -= 1;
  }

  private turn(): void {
    const now = Math.floor((this.nowMs() * SLICES) / WINDOW_MS);
    const passed = Math.min(SLICES, now - this.slice);
    for (let back = 0; back < passed; back += 1) {
      this.requests[(now - back) % SLICES] = 0;
      this.retries[(now - back) % SLICES] = 0;
    }
    this.slice = Math.max(this.slice, now);
  }
}

function sum(numbers: Uint32Array): number {
  let total = 0;
  for (const number of numbers) {
    total += number;
  }
  return total;
}
