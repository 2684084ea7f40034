import type { World } from "#kernel";
import type { CorsRule } from "../cors/cors-rules.ts";
import { corsSection } from "../cors/cors-rules.ts";
import type { OtherSections } from "../file/gateway-file.ts";
import { watchFile, type WatchedFile } from "../file/watch-file.ts";
import { type LimitRule, limitSection } from "../limits/limit-rules.ts";
import type { FindActor } from "../upstreams/caller.ts";
import { Upstreams } from "../upstreams/upstreams.ts";
import { keptCommands, ROUTES_SIGNAL } from "./change-route.ts";
import { CutOvers } from "./follow-cut-overs.ts";
import { BREAKERS_SIGNAL } from "./reset-breakers.ts";

/** Sections of the gateway file that are not about routes. */
export const otherSections: OtherSections = {
  limits: limitSection.optional(),
  cors: corsSection.optional(),
};

/** The gateway file at work. */
export interface OpenUpstreams {
  readonly upstreams: Upstreams;
  readonly file: WatchedFile;
  readonly cutOvers: CutOvers;
  /** Reads the commands again: for whoever has just given one. */
  obey(): Promise<void>;
  /** Calls back with the sections of limits and origins: now, and whenever the file changes. */
  follow(gateway: FollowingGateway): void;
  close(): Promise<void>;
}

/** What of the file a gateway takes over itself. */
export interface FollowingGateway {
  applyLimits(rules: readonly LimitRule[]): void;
  applyCors(rules: readonly CorsRule[]): void;
  fetch(request: Request, caller: { readonly address: string }): Promise<Response>;
}

export interface OpenUpstreamsOptions {
  readonly findActor: FindActor;
  /** The gateway file; null for none. */
  readonly path: string | null;
  /** Processes with the API, where this one has none. */
  readonly apiUrls: readonly string[];
}

/**
 * Reads the gateway file and the commands that are kept, follows both, and judges cut-overs.
 * Throws `GatewayFileError` where the file is wrong: at start there is no older one to keep.
 */
export async function openUpstreams(
  world: World,
  { findActor, path, apiUrls }: OpenUpstreamsOptions,
): Promise<OpenUpstreams> {
  const upstreams = new Upstreams({ world, findActor, apiUrls });
  const { log, metrics, now, signals } = world;
  const file = await watchFile({
    path,
    others: otherSections,
    log,
    metrics,
    now,
    // Upstreams that cannot be opened are a mistake of the file like any other.
    check: async (read) => {
      try {
        await upstreams.use(read);
        return [];
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return [{ line: 1, path: "upstreams", message: `cannot be opened: ${why}` }];
      }
    },
  });
  if (path === null) {
    await upstreams.use(file.state.file);
  }
  const obey = async (): Promise<void> => upstreams.obey(await keptCommands(world));
  await obey();
  const stops = [
    signals.listen(ROUTES_SIGNAL, () => {
      obey().catch((error: unknown) => log.warn({ err: error }, "commands could not be read"));
    }),
    signals.listen(BREAKERS_SIGNAL, (name) => upstreams.upstream(name)?.resetBreakers()),
  ];
  const cutOvers = new CutOvers({ world, upstreams, obey });
  return {
    upstreams,
    file,
    cutOvers,
    obey,
    follow: (gateway) => {
      const apply = (): void => {
        const { others } = file.state.file;
        gateway.applyLimits((others["limits"] ?? []) as readonly LimitRule[]);
        gateway.applyCors((others["cors"] ?? []) as readonly CorsRule[]);
      };
      apply();
      upstreams.ownFetch = gateway.fetch;
      stops.push(file.listen(apply));
    },
    close: async () => {
      file.close();
      for (const stop of stops) {
        stop();
      }
      await cutOvers.close();
      await upstreams.close();
    },
  };
}
