import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Another process that uses an embedded server, as a second Basalt would. */
export interface EmbeddedProcess {
  readonly process: ChildProcess;
  /** What it opened, or the sentence that it refused with. */
  readonly said: { readonly url?: string; readonly adopted?: boolean; readonly refusal?: string };
  /** Lets it stop gracefully; answers when it has ended. */
  stop(): Promise<void>;
}

/** Starts one on `dataDir`, as the user `uid` where one is given (only root may). */
export async function embeddedProcess(dataDir: string, uid?: number): Promise<EmbeddedProcess> {
  const program = fileURLToPath(new URL("./run-embedded.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", program, dataDir],
    {
      stdio: ["pipe", "pipe", "inherit"],
      env: { PATH: process.env["PATH"] ?? "" },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    },
  );
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  const said = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("error", reject);
    child.once("exit", () => reject(new Error("it ended without a word")));
  });
  return {
    process: child,
    said: JSON.parse(said),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
