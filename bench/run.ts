import { fixture, startInstance, type Instance } from "./instance.ts";
import type { Finding } from "./measure.ts";

// `node bench/run.ts [name…] [--publish]` runs the named benches, or all, and prints one row each. It never fails on a
// figure. A name with a slash (`formulas/rollup`) is one bench of a group. `--publish` writes the findings beside the
// promises of the plans: docs/figures.json and docs/figures.md.

/** One server and one table of records, started when the first bench asks and shared by those that may share. */
class Shared {
  private started: Promise<Instance> | undefined;
  private filled: ReturnType<typeof fixture> | undefined;

  instance(): Promise<Instance> {
    return (this.started ??= startInstance());
  }

  async pages(): ReturnType<typeof fixture> {
    const { url } = await this.instance();
    return (this.filled ??= fixture(url));
  }

  async stop(): Promise<void> {
    await (await this.started)?.stop();
  }
}

type Asked = (name: string) => boolean;

interface Bench {
  readonly name: string;
  /** Code is imported when it is asked for, so that one bench's library is no condition of another. */
  readonly run: (shared: Shared, isAsked: Asked) => Promise<readonly Finding[]>;
}

const benches: readonly Bench[] = [
  { name: "start", run: async () => (await import("./start.ts")).benchStart() },
  {
    name: "redis-away",
    run: async () => (await import("./redis-away.ts")).benchRedisAway(),
  },
  {
    name: "create",
    run: async (shared) => {
      const { benchBatchCreate } = await import("./batch-create.ts");
      const instance = await shared.instance();
      return [await benchBatchCreate(instance, await fixture(instance.url))];
    },
  },
  {
    name: "hot-record",
    run: async (shared) => {
      const { benchHotRecord } = await import("./hot-record.ts");
      return benchHotRecord(await shared.instance(), await shared.pages());
    },
  },
  {
    name: "hot-page",
    run: async (shared) => {
      const { benchHotPage } = await import("./hot-page.ts");
      return benchHotPage(await shared.instance(), await shared.pages());
    },
  },
  { name: "point-read", run: async () => (await import("./point-read.ts")).benchPointRead() },
  {
    name: "write-mix",
    run: async (shared) => {
      const { benchWriteMix } = await import("./write-mix.ts");
      return benchWriteMix(await shared.instance(), await shared.pages());
    },
  },
  { name: "overload", run: async () => (await import("./overload.ts")).benchOverload() },
  { name: "connections", run: async () => (await import("./connections.ts")).benchConnections() },
  { name: "proxy", run: async () => (await import("./proxy.ts")).benchProxy() },
  {
    name: "page",
    run: async (shared) => {
      const { benchPageRead } = await import("./page-read.ts");
      return [await benchPageRead(await shared.instance(), await shared.pages())];
    },
  },
  {
    name: "paging",
    run: async (shared) => {
      const { benchPaging } = await import("./paging.ts");
      return [await benchPaging(await shared.instance(), await shared.pages())];
    },
  },
  {
    name: "events",
    run: async (shared) => {
      const { benchEvents, benchQuestions } = await import("./events.ts");
      const instance = await shared.instance();
      return [await benchEvents(instance), ...(await benchQuestions(instance))];
    },
  },
  { name: "jwt", run: async () => (await import("./jwt.ts")).benchJwt() },
  { name: "latency", run: async () => (await import("./latency.ts")).benchLatency() },
  {
    name: "formulas",
    run: async (shared, isAsked) => {
      const { benchFormulas } = await import("./formulas/bench-formulas.ts");
      return benchFormulas(await shared.instance(), isAsked);
    },
  },
];

const words = process.argv.slice(2);
const wanted = words.filter((word) => word !== "--publish");
const isAsked: Asked = (name) =>
  wanted.length === 0 ||
  wanted.some((one) => one === name || one.startsWith(`${name}/`) || name.startsWith(`${one}/`));

const found: Record<string, readonly Finding[]> = {};
const shared = new Shared();
try {
  for (const { name, run } of benches) {
    if (isAsked(name)) {
      found[name] = await run(shared, isAsked);
    }
  }
} finally {
  await shared.stop();
}
for (const { what, figure, bar, met, raw } of Object.values(found).flat()) {
  console.log(`${met ? "met   " : "MISSED"} | ${what} | ${figure} | ${bar} | ${raw}`);
}
if (words.includes("--publish")) {
  const { publish } = await import("./publish.ts");
  await publish(found);
}
