/** One thing that the program stands on. */
export interface HealthPart {
  readonly name: string;
  /** The program cannot serve without it. */
  readonly critical: boolean;
  /** Resolves when the part works; rejects when not. */
  check(): Promise<unknown>;
}

export interface PartHealth {
  readonly name: string;
  readonly status: "healthy" | "unhealthy";
  readonly responseTimeMs: number;
}

export interface Health {
  /** `degraded` when any part is not well; the process itself answers, so it is never "down". */
  readonly status: "healthy" | "degraded";
  /** False when a critical part is away. */
  readonly canServe: boolean;
  readonly parts: readonly PartHealth[];
}

/** How long one look counts: anybody may ask, so asking must cost the parts nothing. */
const KEEP_MS = 1_000;
const CHECK_TIMEOUT_MS = 2_000;

/** How old a look may be that is answered while the next one is under way. */
const STALE_MAX_MS = 5_000;

/**
 * Looks at the parts at most once a second, however many ask, and gives up on one that does not answer in 2 s. While it looks,
 * the look before is answered: a busy database must not make its probes wait.
 */
export function healthOf(parts: readonly HealthPart[]): () => Promise<Health> {
  let lookedAtMs = -Infinity;
  let last: { readonly health: Health; readonly atMs: number } | undefined;
  let looking: Promise<Health> | undefined;
  return () => {
    const nowMs = performance.now();
    if (looking === undefined && nowMs - lookedAtMs >= KEEP_MS) {
      lookedAtMs = nowMs;
      looking = look(parts).finally(() => {
        looking = undefined;
      });
      looking.then(
        (health) => {
          last = { health, atMs: performance.now() };
        },
        () => undefined,
      );
    }
    if (last !== undefined && nowMs - last.atMs < STALE_MAX_MS) {
      return Promise.resolve(last.health);
    }
    return looking ?? look(parts);
  };
}

async function look(parts: readonly HealthPart[]): Promise<Health> {
  const found = await Promise.all(parts.map(lookAt));
  return {
    status: found.every(({ status }) => status === "healthy") ? "healthy" : "degraded",
    canServe: parts.every(({ critical }, at) => !critical || found[at]?.status === "healthy"),
    parts: found,
  };
}

async function lookAt({ name, check }: HealthPart): Promise<PartHealth> {
  const startedMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not answer in time`)), CHECK_TIMEOUT_MS);
  });
  const status = await Promise.race([Promise.try(check), late]).then(
    () => "healthy" as const,
    () => "unhealthy" as const,
  );
  clearTimeout(timer);
  return { name, status, responseTimeMs: Math.round((performance.now() - startedMs) * 10) / 10 };
}
