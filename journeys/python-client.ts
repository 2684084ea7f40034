import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

/** The Python that has pyairtable installed, as `BASALT_TEST_PYTHON` names it or as it is found. */
export const python = process.env["BASALT_TEST_PYTHON"] || "python3";

/** The version that the journeys are written for. */
export const pyairtableVersion = /==(\S+)/.exec(
  readFileSync(path.join(import.meta.dirname, "requirements.txt"), "utf8"),
)?.[1];

/** The version that is installed; undefined where there is none. */
export const pyairtableInstalled = spawnSync(
  python,
  ["-c", "import pyairtable; print(pyairtable.__version__)"],
  { encoding: "utf8" },
).stdout?.trim();

/** True where Python has this module. */
export function pythonHas(name: string): boolean {
  return spawnSync(python, ["-c", `import ${name}`]).status === 0;
}

/**
 * True where a test that needs a program from outside must be skipped. Whoever wants every test run sets
 * `BASALT_REQUIRE_ALL`; then what is missing is a failure.
 */
export function isMissing(isThere: boolean): boolean {
  return !isThere && process.env["BASALT_REQUIRE_ALL"] !== "1";
}
