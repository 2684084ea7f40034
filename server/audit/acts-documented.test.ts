import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const server = join(import.meta.dirname, "..");
const page = readFileSync(join(server, "../docs/acts.md"), "utf8");

/** The acts that sources name where they write one down. */
function actsIn(text: string): string[] {
  const places = [
    /\bact: "([a-z]+\.[a-z-]+)"/g,
    /\bact: "[a-z.-]+" \| "([a-z]+\.[a-z-]+)"/g,
    /\bactOn\("([a-z]+\.[a-z-]+)"/g,
    /\bACT = "([a-z]+\.[a-z-]+)"/g,
    /\? "((?:identity|workspaces)\.[a-z-]+)" : "(?:identity|workspaces)\.[a-z-]+";/g,
  ];
  return places.flatMap((place) => [...text.matchAll(place)].map(([, act = ""]) => act));
}

test("every act that is written down is on the page of acts", () => {
  const sources = readdirSync(server, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
    .filter(({ parentPath }) => !/\/testing$|node_modules/.test(parentPath))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
  const acts = [...new Set(sources.flatMap(actsIn))];
  expect(acts.length).toBeGreaterThan(35);
  const missing = acts.filter((act) => {
    const ending = act.replace(/^.*-/, "-");
    return !page.includes(`\`${act}\``) && !page.includes(`\`${ending}\``);
  });
  expect(missing).toEqual([]);
});
