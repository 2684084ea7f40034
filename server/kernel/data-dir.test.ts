import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDataDir } from "./data-dir.ts";
import { StartError } from "./start-error.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-data-dir-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a data directory", () => {
  test("is made with the folders above it, for our eyes only, and found again", async () => {
    const dataDir = path.join(folder, "a", "b", "data");
    await Promise.all([openDataDir(dataDir), openDataDir(dataDir)]);
    await openDataDir(dataDir);
    for (const name of ["", "secrets", "locks"]) {
      expect((await stat(path.join(dataDir, name))).mode & 0o777).toBe(0o700);
    }
  });

  test.each([
    ["that is a file", "file"],
    ["below a file", "file/data"],
  ])("%s is refused in a sentence", async (_name, below) => {
    await writeFile(path.join(folder, "file"), "mine");
    const opening = openDataDir(path.join(folder, below));
    await expect(opening).rejects.toThrow(StartError);
    await expect(opening).rejects.toThrow(
      / cannot be written by this user \((EEXIST|ENOTDIR)\)\.$/,
    );
    expect(await readFile(path.join(folder, "file"), "utf8")).toBe("mine");
  });

  test.runIf(process.platform === "linux")("where nobody can make folders is refused", async () => {
    await expect(openDataDir("/proc/basalt/data")).rejects.toThrow(
      "BASALT_DATA_DIR /proc/basalt/data cannot be written by this user (ENOENT).",
    );
  });
});
