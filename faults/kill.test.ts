import { describe, expect, test } from "vitest";
import { outsideDatabase } from "../journeys/journey-server.ts";
import { killRounds, type Victim } from "./kill-rounds.ts";

const writes = 2_000;
const seed = Number(process.env["BASALT_TEST_SEED"] ?? 20_261_120);
/** Whoever wants every test run says so; the others get the kills that take seconds. */
const isFull = process.env["BASALT_REQUIRE_ALL"] === "1";

describe(`seed ${seed}`, () => {
  test.for(["node", "postgres"] satisfies Victim[])(
    `${writes} writes with %s killed in the middle: nothing acknowledged is lost, nothing is there twice`,
    { timeout: 180_000 },
    async (victim) => {
      const database = victim === "node" ? await outsideDatabase() : undefined;
      const figures = await killRounds({
        seed,
        rounds: 1,
        victims: [victim],
        killAfterWrites: writes / 2,
        writesPerRound: writes,
        databaseUrl: database?.url,
      });
      await database?.drop();
      expect(figures.violations).toEqual([]);
      expect(figures.writes).toBeGreaterThanOrEqual(writes);
      expect(figures.acknowledged).toBeGreaterThan(writes / 2);
      expect(figures.replayed).toBeGreaterThan(0);
    },
  );

  test.skipIf(!isFull)("kills at any moment", { timeout: 300_000 }, async () => {
    const lines: string[] = [];
    const figures = await killRounds({
      seed,
      rounds: 5,
      victims: ["node", "postgres", "both"],
      report: (line) => lines.push(line),
    });
    process.stdout.write(`${lines.join("\n")}\n`);
    expect(figures.violations).toEqual([]);
    expect(figures.rounds).toBe(5);
  });
});
