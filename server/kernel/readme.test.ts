import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { settings } from "./settings.ts";

test("the README lists every setting as the program knows it, and no other", async () => {
  const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| (.*?) +\| (.*?) +\|$/gm)].map(
    ([, name, byDefault, meaning]) => ({ name, default: byDefault, meaning }),
  );
  expect(rows).toEqual(
    settings.map(({ name, default: byDefault, meaning }) => ({
      name,
      default: byDefault,
      meaning,
    })),
  );
});
