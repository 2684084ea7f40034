import type { UserActor, World } from "#kernel";
import { accessCache } from "./access-cache.ts";
import { decide } from "./decide.ts";

/**
 * Callers of one class see the same of a base's records, so what was read for one may be shown to another. Today everybody
 * who may read a base may read all of it; rules on rows and fields will make more classes, named by the rules that count.
 */
export type VisibilityClass = "all";

/**
 * The class of the caller on a base, where memory knows that the caller may read records there; undefined where that has to
 * be asked, or refused, in the ordinary way. Takes effect at once when a role, a grant or a token changes in this process.
 */
export function visibilityFromMemory(
  world: Pick<World, "parts" | "now">,
  { userId, credential }: UserActor,
  baseId: string,
): VisibilityClass | undefined {
  const entry = world.parts.of(accessCache).peek(userId, { baseId });
  return entry !== undefined &&
    decide({ action: "records.read", access: entry.access, credential, now: world.now() }).allowed
    ? "all"
    : undefined;
}
