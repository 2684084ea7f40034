import { SlidingCount } from "#kernel";

/** The last so many seconds count, milliseconds. */
const WINDOW_MS = 10_000;

/**
 * Bounds how much retries may add to the load of something that fails: a share of the requests that run at the moment, and
 * the same share of those of the last ten seconds; a few are always allowed.
 */
export class RetryBudget {
  private readonly share: number;
  private readonly least: number;
  private readonly requests: SlidingCount;
  private readonly retries: SlidingCount;
  private running = 0;
  private retrying = 0;

  constructor(
    { budget, budgetMin }: { readonly budget: number; readonly budgetMin: number },
    nowMs: () => number = () => performance.now(),
  ) {
    this.share = budget;
    this.least = budgetMin;
    this.requests = new SlidingCount(WINDOW_MS, nowMs);
    this.retries = new SlidingCount(WINDOW_MS, nowMs);
  }

  /** Requests that run. */
  get active(): number {
    return this.running;
  }

  /** A request begins. */
  begin(): void {
    this.running += 1;
    this.requests.add();
  }

  /** It has ended, with all its tries. */
  end(): void {
    this.running -= 1;
  }

  /** True where another try may begin; `retried` tells that it has ended. */
  mayRetry(): boolean {
    const allowedNow = Math.max(this.least, Math.floor(this.running * this.share));
    const allowedLately = Math.max(this.least, Math.floor(this.requests.total() * this.share));
    if (this.retrying >= allowedNow || this.retries.total() >= allowedLately) {
      return false;
    }
    this.retrying += 1;
    this.retries.add();
    return true;
  }

  retried(): void {
    this.retrying -= 1;
  }
}
