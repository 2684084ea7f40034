import { readFile } from "node:fs/promises";
import { breakerBoard, type World } from "#kernel";
import type { UpstreamSpec } from "../file/upstream-shape.ts";
import { Endpoint } from "./endpoint.ts";
import { RetryBudget } from "./retry-budget.ts";

/** A service that requests are sent on to, with its servers. */
export class Upstream {
  readonly name: string;
  readonly spec: UpstreamSpec;
  readonly budget: RetryBudget;
  readonly endpoints: readonly Endpoint[];
  private readonly hide: readonly (() => void)[];

  private constructor(
    name: string,
    spec: UpstreamSpec,
    made: { endpoints: Endpoint[]; hide: (() => void)[] },
  ) {
    this.name = name;
    this.spec = spec;
    this.budget = new RetryBudget(spec.retries);
    this.endpoints = made.endpoints;
    this.hide = made.hide;
  }

  /** Opens it; the HTTP client is loaded with the first. Throws where its certificates cannot be read. */
  static async open(world: World, name: string, spec: UpstreamSpec): Promise<Upstream> {
    const caFile = spec.tls?.caFile;
    const ca = caFile === undefined ? undefined : await readFile(caFile, "utf8");
    const undici = await import("undici");
    const board = world.parts.of(breakerBoard);
    const urls = typeof spec.url === "string" ? [spec.url] : spec.url;
    const endpoints = urls.map(
      (url) => new Endpoint({ upstream: name, url, spec, undici, ca, log: world.log }),
    );
    const hide = endpoints.map(({ breaker }, at) =>
      board.show(`upstream:${name}${endpoints.length === 1 ? "" : `:${at}`}`, breaker),
    );
    return new Upstream(name, spec, { endpoints, hide });
  }

  /** True where at least one server may be asked. */
  get isAvailable(): boolean {
    return this.endpoints.some(({ mayTake }) => mayTake);
  }

  /** The less busy of two servers that may be asked; another than the one that has just failed, where there is one. */
  pick(butNot?: Endpoint): Endpoint | undefined {
    const [only] = this.endpoints;
    if (this.endpoints.length === 1) {
      return only?.mayTake === true ? only : undefined;
    }
    const able = this.endpoints.filter((endpoint) => endpoint.mayTake && endpoint !== butNot);
    if (able.length === 0) {
      return butNot?.mayTake === true ? butNot : undefined;
    }
    const first = able[Math.floor(Math.random() * able.length)];
    const second = able[Math.floor(Math.random() * able.length)];
    return (first?.active ?? 0) <= (second?.active ?? 0) ? first : second;
  }

  /** Seconds until a server may be asked again. */
  get retryAfterS(): number {
    const waits = this.endpoints.map(({ breaker }) => breaker.waitMs / 1_000);
    return Math.max(1, Math.ceil(Math.min(...waits)));
  }

  /** An operator closes all breakers. */
  resetBreakers(): void {
    for (const { breaker } of this.endpoints) {
      breaker.reset();
    }
  }

  /** Resolves when what runs has ended. */
  async close(): Promise<void> {
    for (const stop of this.hide) {
      stop();
    }
    await Promise.all(this.endpoints.map((endpoint) => endpoint.close()));
  }
}
