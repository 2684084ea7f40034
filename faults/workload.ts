import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, call, type RecordJson } from "../journeys/api.ts";
import type { Deed, Ledger, Write } from "./ledger.ts";
import type { Seeded } from "./seeded.ts";
import type { Target } from "./target.ts";

const batchMax = 10;
const callMaxMs = 15_000;
/** After a failure a writer asks so often whether the server is ready, as a careful program would. */
const pauseMs = 20;
const settleTries = 500;

interface Destination {
  readonly url: string;
  readonly target: Target;
  readonly ledger: Ledger;
}

/** Sends one write and notes what is known of it afterwards. Answers what was said, or undefined where nothing was. */
async function send(
  { url, target, ledger }: Destination,
  write: Write,
): Promise<Answer | undefined> {
  const { path, method, body } = requestOf(target, write, idsOf(ledger, write));
  let answer: Answer;
  try {
    answer = await call(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      token: target.key,
      headers: write.key === undefined ? {} : { "idempotency-key": write.key },
      signal: AbortSignal.timeout(callMaxMs),
    });
  } catch {
    return undefined;
  }
  if (answer.status === 200) {
    write.outcome = "done";
    write.txn = Number(answer.headers.get("x-basalt-txn"));
    write.ids = (answer.body as unknown as { records: RecordJson[] }).records.map(({ id }) => id);
  }
  return answer;
}

/** Writers that run until they are told to stop, and what they met. */
export class Writers {
  readonly #target: Target;
  readonly #ledger: Ledger;
  readonly #random: Seeded;
  readonly #running: Promise<void>[] = [];
  #stopped = false;
  #sent = 0;
  #limit = Number.POSITIVE_INFINITY;
  /** Status -> how often, 0 where there was no answer. */
  readonly statuses = new Map<number, number>();
  /** Answers that a correct client must never get. */
  readonly surprises: string[] = [];

  constructor(target: Target, ledger: Ledger, random: Seeded) {
    this.#target = target;
    this.#ledger = ledger;
    this.#random = random;
  }

  /** How many writes were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Starts so many; `name` tells their batches from those of others. They end by themselves after `limit` writes. */
  start(count: number, name: string, limit = Number.POSITIVE_INFINITY): void {
    this.#limit = limit;
    for (let at = 0; at < count; at += 1) {
      this.#running.push(this.#write(`${name}-${at}`, at));
    }
  }

  /** Lets each finish what it sent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.ended();
  }

  /** Waits until all have ended by themselves. */
  async ended(): Promise<void> {
    await Promise.all(this.#running.splice(0));
    this.#stopped = false;
  }

  /** A batch is made, then changed some times, now and then deleted; the next one follows. */
  async #write(name: string, at: number): Promise<void> {
    const { urls, projects } = this.#target;
    const url = urls[at % urls.length] ?? urls[0];
    for (let number = 0; this.#goesOn(); number += 1) {
      const batch = `${name}-${number}`;
      const size = this.#random.whole(1, batchMax);
      const project = this.#random.pick([projects[0], ...projects]);
      let isKnown = await this.#one(url, { batch, deed: { kind: "create", size, project } });
      for (let value = 1; isKnown && this.#goesOn() && this.#random.chance(0.4); value += 1) {
        isKnown = await this.#one(url, { batch, deed: { kind: "set", value } });
      }
      if (isKnown && this.#goesOn() && this.#random.chance(0.1)) {
        await this.#one(url, { batch, deed: { kind: "delete" } });
      }
    }
  }

  #goesOn(): boolean {
    return !this.#stopped && this.#sent < this.#limit;
  }

  async #one(url: string, { batch, deed }: Pick<Write, "batch" | "deed">): Promise<boolean> {
    this.#sent += 1;
    const key = this.#random.chance(0.7) ? crypto.randomUUID() : undefined;
    const write: Write = { batch, deed, key, outcome: "unknown" };
    this.#ledger.add(write);
    const answer = await send({ url, target: this.#target, ledger: this.#ledger }, write);
    const status = answer?.status ?? 0;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status !== 200) {
      if (status !== 0 && status !== 503) {
        this.surprises.push(`${status} to a ${deed.kind}: ${answer?.text ?? ""}`);
      }
      await this.#ready(url);
    }
    return write.outcome === "done";
  }

  async #ready(url: string): Promise<void> {
    let isReady = false;
    while (!isReady && !this.#stopped) {
      await sleep(pauseMs);
      isReady = await call(`${url}/ready`).then(
        ({ status }) => status === 200,
        () => false,
      );
    }
  }
}

/** Sends what was never answered once more under its key, until it is; answers how many that were. */
export async function settle(target: Target, ledger: Ledger, random: Seeded): Promise<number> {
  const open = ledger.writes.filter(({ outcome, key }) => outcome === "unknown" && key);
  const chosen = open.filter(() => random.chance(0.5));
  for (const write of chosen) {
    for (let tries = 0; write.outcome === "unknown" && tries < settleTries; tries += 1) {
      const answer = await send({ url: target.urls[0], target, ledger }, write);
      if (write.outcome === "unknown") {
        if (answer !== undefined && ![409, 503].includes(answer.status)) {
          throw new Error(`${answer.status} to a ${write.deed.kind} repeated: ${answer.text}`);
        }
        await sleep(pauseMs);
      }
    }
  }
  return chosen.length;
}

/** Repeats some answered writes under their keys; answers what was not the first answer again. */
export async function replay(
  target: Target,
  ledger: Ledger,
  random: Seeded,
): Promise<{ readonly count: number; readonly wrong: readonly string[] }> {
  const keyed = ledger.writes.filter(({ outcome, key }) => outcome === "done" && key);
  const chosen = keyed.filter(() => random.chance(0.05));
  const wrong: string[] = [];
  for (const write of chosen) {
    const again: Write = { ...write, outcome: "unknown" };
    const answer = await send({ url: target.urls[0], target, ledger }, again);
    if (again.txn !== write.txn || again.ids?.join() !== write.ids?.join()) {
      wrong.push(`a repeated ${write.deed.kind} was answered ${answer?.status}: ${answer?.text}`);
    } else if (answer?.headers.get("idempotent-replayed") !== "true") {
      wrong.push(`a repeated ${write.deed.kind} does not say so`);
    }
  }
  return { count: chosen.length, wrong };
}

/** The ids of the batch's records, as its creation was answered. */
function idsOf(ledger: Ledger, { batch }: Pick<Write, "batch">): readonly string[] {
  return ledger.of(batch)[0]?.ids ?? [];
}

interface Sent {
  readonly path: string;
  readonly method: string;
  readonly body?: unknown;
}

function requestOf(
  { baseId, tableId }: Target,
  { batch, deed }: Write,
  ids: readonly string[],
): Sent {
  const path = `/v0/${baseId}/${tableId}`;
  const requests: { readonly [K in Deed["kind"]]: (deed: Extract<Deed, { kind: K }>) => Sent } = {
    create: ({ size, project }) => {
      const fields = { Batch: batch, Value: 0, Project: [project] };
      const records = Array.from({ length: size }, () => ({ fields }));
      return { path, method: "POST", body: { records } };
    },
    set: ({ value }) => {
      const records = ids.map((id) => ({ id, fields: { Value: value } }));
      return { path, method: "PATCH", body: { records } };
    },
    delete: () => {
      const query = ids.map((id) => `records[]=${id}`).join("&");
      return { path: `${path}?${query}`, method: "DELETE" };
    },
  };
  return (requests[deed.kind] as (deed: Deed) => Sent)(deed);
}
