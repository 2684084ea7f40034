import { setTimeout as sleep } from "node:timers/promises";
import { call, makeKey, makeWorkspace, register } from "../journeys/api.ts";
import { type ServerProcess, startServer } from "../journeys/server-process.ts";
import { Ledger } from "./ledger.ts";
import { Seeded } from "./seeded.ts";
import { look, makeTarget, type Target } from "./target.ts";
import { replay, settle, Writers } from "./workload.ts";

/** What is killed with SIGKILL. */
export type Victim = "node" | "postgres" | "both";

/** What is tried, and how often. */
export interface KillOptions {
  readonly seed: number;
  /** One kill each. */
  readonly rounds: number;
  /** Ends earlier after so long. */
  readonly untilMs?: number;
  /** One of these dies in each round. */
  readonly victims: readonly [Victim, ...Victim[]];
  readonly writers?: number;
  /** Writes after which the kill comes; without it after 1 to 400 ms. */
  readonly killAfterWrites?: number;
  /** Writes of a round; without it the round ends shortly after everything works again. */
  readonly writesPerRound?: number;
  /** An outside database; without it the embedded one, which alone can be killed. */
  readonly databaseUrl?: string | undefined;
  /** Told of every round. */
  readonly report?: (line: string) => void;
}

/** What came of it. */
export interface KillFigures {
  readonly rounds: number;
  readonly writes: number;
  /** Answered before or after a kill. */
  readonly acknowledged: number;
  /** Neither answered nor repeated: there whole or not at all. */
  readonly unknown: number;
  /** Unanswered ones that were repeated under their key until answered. */
  readonly settled: number;
  /** Answered ones that were repeated, and gave the first answer again. */
  readonly replayed: number;
  /** From the kill until a write was acknowledged again, the longest. */
  readonly backMaxMs: number;
  readonly violations: readonly string[];
}

const killWithinMs = 400;
const goOnMs = 150;
const backMaxMs = 60_000;
const firstPauseMs = 10;
/** One fault often shows a thousand times. */
const violationsShownMax = 20;

/** Kills a server that is being written to, again and again, and checks after each time what is there. */
export async function killRounds(options: KillOptions): Promise<KillFigures> {
  const { seed, rounds, untilMs = Number.POSITIVE_INFINITY, report } = options;
  const run = await KillRun.open(options);
  try {
    const startedAt = performance.now();
    let done = 0;
    while (
      done < rounds &&
      performance.now() - startedAt < untilMs &&
      run.violations.length === 0
    ) {
      done += 1;
      const line = await run.round(done);
      report?.(`round ${done}: ${line}`);
    }
    for (const line of run.violations) {
      report?.(`seed ${seed}: ${line}`);
    }
    return run.figures(done);
  } finally {
    await run.close();
  }
}

class KillRun {
  readonly #options: KillOptions;
  readonly #target: Target;
  readonly #random: Seeded;
  readonly #ledger = new Ledger();
  #server: ServerProcess;
  #settled = 0;
  #replayed = 0;
  #backMaxMs = 0;
  readonly violations: string[] = [];

  private constructor(options: KillOptions, server: ServerProcess, target: Target) {
    this.#options = options;
    this.#server = server;
    this.#target = target;
    this.#random = new Seeded(options.seed);
  }

  static async open(options: KillOptions): Promise<KillRun> {
    const server = await startServer({ databaseUrl: options.databaseUrl });
    try {
      const { url } = server;
      const { session } = await register(url, "owner");
      const workspaceId = await makeWorkspace(url, session, "Faults");
      const { key } = await makeKey(url, session);
      return new KillRun(options, server, await makeTarget([url], { key, workspaceId }));
    } catch (error) {
      await server.destroy();
      throw error;
    }
  }

  async round(number: number): Promise<string> {
    const { writers: count = 8, writesPerRound, killAfterWrites } = this.#options;
    const victim = this.#random.pick(this.#options.victims);
    const writers = new Writers(this.#target, this.#ledger, this.#random);
    writers.start(count, String(number), writesPerRound);
    const delayMs = this.#random.whole(1, killWithinMs);
    if (killAfterWrites === undefined) {
      await sleep(delayMs);
    } else {
      while (writers.sent < killAfterWrites) {
        await sleep(1);
      }
    }
    const backMs = await this.#kill(victim);
    if (writesPerRound === undefined) {
      await sleep(goOnMs);
      await writers.stop();
    } else {
      await writers.ended();
    }
    const settled = await settle(this.#target, this.#ledger, this.#random);
    const again = await replay(this.#target, this.#ledger, this.#random);
    this.#settled += settled;
    this.#replayed += again.count;
    this.#backMaxMs = Math.max(this.#backMaxMs, backMs);
    const found = await look(this.#target);
    const wrong = [...writers.surprises, ...again.wrong, ...this.#ledger.violations(found)];
    this.violations.push(...wrong.slice(0, violationsShownMax));
    const asked = `${writers.sent} writes, ${victim} killed`;
    const lost = `${writers.statuses.get(0) ?? 0} unanswered, ${writers.statuses.get(503) ?? 0} × 503`;
    return `${asked}, ${lost}, ${settled} settled, ${again.count} replayed, back after ${Math.round(backMs)} ms, ${found.records.length} records, ${found.changes.at(-1)?.txn} transactions, ${this.violations.length} violations`;
  }

  figures(rounds: number): KillFigures {
    const { writes } = this.#ledger;
    const acknowledged = writes.filter(({ outcome }) => outcome === "done").length;
    return {
      rounds,
      writes: writes.length,
      acknowledged,
      unknown: writes.length - acknowledged,
      settled: this.#settled,
      replayed: this.#replayed,
      backMaxMs: Math.round(this.#backMaxMs),
      violations: this.violations,
    };
  }

  async close(): Promise<void> {
    await this.#server.destroy();
  }

  /** Kills, starts Basalt again where it died, and waits until a write works. Answers how long that took, milliseconds. */
  async #kill(victim: Victim): Promise<number> {
    const at = performance.now();
    const postgres = this.#server.postgresPid();
    if (victim !== "node" && postgres !== undefined) {
      process.kill(postgres, "SIGKILL");
    }
    if (victim !== "postgres") {
      await this.#server.end("SIGKILL");
      const { dataDir, port } = this.#server;
      const { databaseUrl } = this.#options;
      this.#server = await startServer({ dataDir, port, databaseUrl });
    }
    while (!(await this.#answers())) {
      if (performance.now() - at > backMaxMs) {
        throw new Error(`not back after ${backMaxMs} ms\n${this.#server.lines.join("\n")}`);
      }
      await sleep(firstPauseMs);
    }
    return performance.now() - at;
  }

  /** Writes what changes nothing that is checked. */
  async #answers(): Promise<boolean> {
    const { baseId, projectsId, projects, key } = this.#target;
    const path = `/v0/${baseId}/${projectsId}/${projects[0]}`;
    const body = { fields: { Name: crypto.randomUUID() } };
    const asked = call(`${this.#server.url}${path}`, { method: "PATCH", body, token: key });
    return asked.then(
      ({ status }) => status === 200,
      () => false,
    );
  }
}
