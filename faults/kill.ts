// node faults/kill.ts --rounds 200 --minutes 30 --seed 7: kills Basalt and its PostgreSQL under load and prints figures.
import { parseArgs } from "node:util";
import { killRounds } from "./kill-rounds.ts";

const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    rounds: { type: "string" },
    minutes: { type: "string" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    writers: { type: "string", default: "8" },
  },
});
const { rounds, minutes, seed, writers } = values;
const figures = await killRounds({
  seed: Number(seed),
  rounds:
    rounds === undefined ? (minutes === undefined ? 5 : Number.MAX_SAFE_INTEGER) : Number(rounds),
  ...(minutes === undefined ? {} : { untilMs: Number(minutes) * MINUTE_MS }),
  victims: ["node", "postgres", "both"],
  writers: Number(writers),
  report: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`seed ${seed}: ${JSON.stringify(figures)}\n`);
process.exitCode = figures.violations.length === 0 ? 0 : 1;
