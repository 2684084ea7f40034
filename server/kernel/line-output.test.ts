import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";

const logUrl = new URL("./pino-log.ts", import.meta.url).href;

/** A program that logs and ends in some way. */
async function run(
  ending: string,
  count = 1,
): Promise<{ readonly text: string; readonly code: number | null }> {
  const program = `import { openLog } from ${JSON.stringify(logUrl)};
const log = openLog({ logLevel: "info" });
for (let at = 1; at <= ${count}; at += 1) log.info({ at, text: "x".repeat(100) }, "line");
${ending}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout.setEncoding("utf8");
  if (ending === "/* nobody reads */") {
    child.stdout.destroy();
  } else {
    child.stdout.on("data", (chunk: string) => {
      text += chunk;
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { text, code };
}

test.each([
  ["", 0],
  ["process.exit(3);", 3],
  ["throw new Error('x');", 1],
])("the last lines come out when the program ends by %j", async (ending, code) => {
  const ended = await run(ending, 1_000);
  expect(ended.code).toBe(code);
  expect(
    ended.text
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { at: number }).at),
  ).toEqual(Array.from({ length: 1_000 }, (_, at) => at + 1));
});

test("a program whose log nobody reads ends all the same", async () => {
  expect((await run("/* nobody reads */", 10_000)).code).toBe(0);
});
