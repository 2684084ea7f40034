import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { errorCode, StartError } from "../start-error.ts";
import type { Account } from "./account.ts";

/** The whole environment of PostgreSQL's programs: nothing of ours, above all no secret, and messages in English. */
const bareEnvironment: Readonly<Record<string, string>> = {
  PATH: "/usr/bin:/bin",
  LC_ALL: "C",
  TZ: "UTC",
};

export interface SpawnAs {
  readonly program: string;
  readonly argv: readonly string[];
  /** Null: ourselves. */
  readonly account: Account | null;
  readonly options: SpawnOptions;
}

/**
 * Starts one of PostgreSQL's programs as an account, in a bare environment; answers when it runs. Throws `StartError`
 * for a root that may not change users, as in a container without that right.
 */
export async function spawnAs({ program, argv, account, options }: SpawnAs): Promise<ChildProcess> {
  try {
    // The root folder can be entered by every account; ours may not be.
    const child = spawn(program, argv, { cwd: "/", env: bareEnvironment, ...options, ...account });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    return child;
  } catch (error) {
    if (account && errorCode(error) === "EPERM") {
      throw new StartError(
        `PostgreSQL refuses to run as root and this root may not switch to user ${account.uid}: run Basalt as an ordinary user, or set DATABASE_URL.`,
        error,
      );
    }
    throw error;
  }
}
