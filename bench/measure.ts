/** What is done again and again; answers when one is done. */
export type Work = (turn: number) => Promise<unknown>;

export interface Rate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Runs `work` at a concurrency for a while and tells how often it was done. */
export async function rateOf(
  work: Work,
  { concurrency, seconds }: { readonly concurrency: number; readonly seconds: number },
): Promise<Rate> {
  const times: number[] = [];
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;
  let turn = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const beganMs = performance.now();
      await work(turn++);
      times.push(performance.now() - beganMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const tookS = (performance.now() - startedMs) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: times.length / tookS, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Runs A and B by turns, so that both meet the same machine; answers the median of each. */
export async function alternate(
  works: Readonly<Record<string, Work>>,
  options: { readonly concurrency: number; readonly seconds: number; readonly rounds: number },
): Promise<Record<string, Rate>> {
  const rates: Record<string, Rate[]> = {};
  for (let round = 0; round < options.rounds; round += 1) {
    const names = Object.keys(works);
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const work = works[name];
      if (work !== undefined) {
        (rates[name] ??= []).push(await rateOf(work, options));
      }
    }
  }
  return Object.fromEntries(Object.entries(rates).map(([name, all]) => [name, median(all)]));
}

function median(rates: Rate[]): Rate {
  const sorted = rates.toSorted((a, b) => a.perSecond - b.perSecond);
  return sorted[Math.floor(sorted.length / 2)] as Rate;
}

/** One row of the report: what, the ratio and the bar, the raw figures. */
export interface Finding {
  readonly what: string;
  readonly figure: string;
  readonly bar: string;
  readonly met: boolean;
  readonly raw: string;
}

export function show(rate: Rate): string {
  return `${Math.round(rate.perSecond)}/s, p50 ${rate.p50Ms.toFixed(2)} ms, p99 ${rate.p99Ms.toFixed(2)} ms`;
}
