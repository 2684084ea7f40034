import { systemScope, type World } from "#kernel";
import type { LiveRoute } from "../upstreams/live-route.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";
import { changeRoute, type RouteChange } from "./change-route.ts";
import { judgeCutOver, nextStep, type Verdict } from "./judge-cut-over.ts";

/** How often cut-overs are judged, milliseconds. */
const JUDGE_EVERY_MS = 1_000;

export interface CutOversOptions {
  readonly world: World;
  readonly upstreams: Upstreams;
  /** Takes over what has been said. */
  readonly obey: () => Promise<void>;
}

/**
 * Watches the routes that are cut over: goes back by itself when the new target does worse than the old one, and takes the
 * automatic steps. Each process judges what it has seen itself; the first that speaks is heard by all.
 */
export class CutOvers {
  private readonly world: World;
  private readonly upstreams: Upstreams;
  private readonly obey: () => Promise<void>;
  private readonly timer: NodeJS.Timeout;
  private judging: Promise<void> = Promise.resolve();

  constructor({ world, upstreams, obey }: CutOversOptions) {
    this.world = world;
    this.upstreams = upstreams;
    this.obey = obey;
    this.timer = setInterval(() => void this.judge(), JUDGE_EVERY_MS).unref();
  }

  /** Judges all of them once. Never rejects. */
  judge(): Promise<void> {
    this.judging = this.judging.then(async () => {
      for (const live of this.upstreams.liveRoutes) {
        try {
          await this.judgeOne(live);
        } catch (error) {
          this.world.log.warn(
            { err: error, route: live.route.name },
            "a cut-over could not be judged; it is tried again",
          );
        }
      }
    });
    return this.judging;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.judging;
  }

  private async judgeOne(live: LiveRoute): Promise<void> {
    const { cutOver } = live.route.spec;
    const from = live.targets.find(({ name }) => name === cutOver?.from);
    const to = live.targets.find(({ name }) => name === cutOver?.to);
    if (cutOver === undefined || from === undefined || to === undefined) {
      return;
    }
    const old = from.window.figures();
    if (old.requests >= cutOver.rollback.requestsMin) {
      live.baseline = old;
    }
    if (to.weight === 0 && !this.mayStep(live)) {
      live.breaches = 0;
      return;
    }
    const verdict: Verdict = judgeCutOver(cutOver.rollback, {
      to: to.window.figures(),
      baseline: live.baseline,
    });
    live.verdict = verdict;
    live.breaches = verdict.kind === "breach" && to.weight > 0 ? live.breaches + 1 : 0;
    if (verdict.kind === "breach") {
      if (cutOver.rollback.enabled && live.breaches >= cutOver.rollback.checks) {
        await this.say(live, { act: "roll-back", reason: verdict.reason });
      }
      return;
    }
    await this.step(live, verdict, to.weight === 0);
  }

  private mayStep({ route, command }: LiveRoute): boolean {
    // A cut-over that nobody has begun begins by `resume`.
    return route.spec.cutOver?.automatic !== undefined && command !== undefined && !command.paused;
  }

  private async step(live: LiveRoute, verdict: Verdict, isFirst: boolean): Promise<void> {
    const automatic = live.route.spec.cutOver?.automatic;
    const since = live.command?.changedAt.getTime();
    if (automatic === undefined || since === undefined || !this.mayStep(live)) {
      return;
    }
    const isDue = isFirst || this.world.now().getTime() - since >= automatic.everyMs;
    const next = nextStep(automatic, live.percent());
    if (isDue && next !== undefined && (isFirst || verdict.kind === "well")) {
      await this.say(live, { act: "cut-over", percent: next });
    }
  }

  private async say(live: LiveRoute, change: RouteChange): Promise<void> {
    const { world } = this;
    const weights = await changeRoute(systemScope(world, "gateway"), live, {
      ...change,
      sinceRevision: live.revision,
    });
    await this.obey();
    if (weights !== undefined) {
      const fields = { route: live.route.name, ...change, weights };
      if (change.act === "roll-back") {
        world.log.error(fields, "a cut-over was rolled back");
      } else {
        world.log.info(fields, "a cut-over took its next step");
      }
    }
  }
}
