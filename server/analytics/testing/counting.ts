import { Problem } from "#kernel";
import type { TestWorld } from "../../kernel/testing/world.ts";
import { openAnalytics, type Analytics } from "../open-analytics.ts";

/** What bases hold, as a test says it. */
export type Holdings = Map<string, { records: number; storage: number; txn: number }>;

/** The counting of a test's world; its turns are the test's. */
export async function openCounting(
  world: TestWorld,
  holdings: Holdings = new Map(),
): Promise<Analytics> {
  return openAnalytics(world, {
    measure: async (baseId) => holdings.get(baseId),
    every: 3_600_000,
  });
}

/** The code of the problem that a call fails with. */
export async function codeOf(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === "function" ? work() : work);
    return "none";
  } catch (error) {
    return error instanceof Problem ? error.code : String(error);
  }
}
