import { fork } from "node:child_process";
import { once } from "node:events";
import { giveSampleAway, hasSample } from "#records";
import { systemScope, type Config, type World } from "#kernel";

/**
 * Makes the sample base on the first run, in a process of its own: a hundred thousand records cost seconds of computing and
 * memory that the server would keep. Then waits for the first administrator, who gets it. Answers the way to stop.
 */
export function startSample(world: World): () => Promise<void> {
  const ending = new AbortController();
  const scope = systemScope(world, "sample", ending.signal);
  const done = (async () => {
    if (world.config.sample && !(await hasSample(scope))) {
      await seedElsewhere(world.config, ending.signal);
    }
    await giveSampleAway(scope);
  })().catch((error: unknown) => {
    if (!ending.signal.aborted) {
      world.log.warn(
        { err: error },
        "the sample base could not be made; the next start tries again",
      );
    }
  });
  return async () => {
    ending.abort(new Error("the program stops"));
    await done;
  };
}

async function seedElsewhere(config: Config, signal: AbortSignal): Promise<void> {
  const child = fork(new URL("./sample-process.ts", import.meta.url), [], {
    serialization: "advanced",
    signal,
    killSignal: "SIGTERM",
  });
  child.send(config);
  const [code] = (await once(child, "exit", { signal })) as [number | null];
  if (code !== 0) {
    throw new Error(`the process that makes the sample base ended with ${code}`);
  }
}
