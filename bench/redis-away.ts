import { openRedisServer } from "../server/kernel/testing/redis-server.ts";
import { fill, fixture, startInstance } from "./instance.ts";
import { type Finding, type Rate, rateOf, show } from "./measure.ts";

const ROUNDS = 4;
const WINDOW = { concurrency: 8, seconds: 1.5 };
/** How much the slowest hundredth may grow when Redis stands still. */
const GROWTH_MAX = 1.2;

/** Reads and writes with shared limits, by turns with a Redis that answers and with one that stands still. */
export async function benchRedisAway(): Promise<Finding[]> {
  const redis = await openRedisServer();
  const instance = await startInstance({
    env: { REDIS_URL: redis.url, BASALT_LIMIT_KEY: "10000000/60" },
  });
  const made = await fixture(instance.url);
  await fill(instance.url, made, 1_000);
  const headers = { authorization: `Bearer ${made.key}` };
  const work = async (turn: number): Promise<void> => {
    const query = `filterByFormula=${encodeURIComponent(`{Stars} = ${turn % 5}`)}&maxRecords=10`;
    const answer = await fetch(`${instance.url}/v0/${made.baseId}/${made.tableId}?${query}`, {
      headers,
    });
    if (!answer.ok) {
      throw new Error(await answer.text());
    }
    await answer.arrayBuffer();
  };
  await rateOf(work, WINDOW);
  const there: Rate[] = [];
  const away: Rate[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    there.push(await rateOf(work, WINDOW));
    redis.pause();
    away.push(await rateOf(work, WINDOW));
    redis.resume();
    await rateOf(work, { ...WINDOW, seconds: 0.5 });
  }
  await instance.stop();
  await redis.close();
  const [one, other] = [middle(there), middle(away)];
  const growth = other.p99Ms / one.p99Ms;
  return [
    {
      what: "p99 of reads from the database with a Redis that stands still ÷ with one that answers",
      figure: growth.toFixed(2),
      bar: `≤ ${GROWTH_MAX}`,
      met: growth <= GROWTH_MAX,
      raw: `answers: ${show(one)}; stands still: ${show(other)}`,
    },
  ];
}

function middle(rates: readonly Rate[]): Rate {
  const sorted = rates.toSorted((a, b) => a.p99Ms - b.p99Ms);
  return sorted[Math.floor(sorted.length / 2)] as Rate;
}
