import {
  openTestWorld,
  type TestWorld,
  type TestWorldOptions,
} from "../../kernel/testing/world.ts";
import { closeIdentity } from "../state.ts";
import { clientOf, type Call } from "./client.ts";

/** A world of its own for a test that begins without users. */
export async function inEmptyWorld(
  options: TestWorldOptions,
  work: (empty: TestWorld, there: Call) => Promise<void>,
): Promise<void> {
  const empty = await openTestWorld(options);
  try {
    await work(empty, clientOf(empty));
  } finally {
    await closeIdentity(empty);
    await empty.close();
  }
}
