import type { World } from "#kernel";

/** Counts a finished sign-in attempt for `/metrics`. */
export function countSignIn(world: World, result: "success" | "failure"): void {
  world.metrics
    .counter("auth_attempts_total", "Finished sign-in attempts by result.", ["result"])
    .inc({ result });
}
