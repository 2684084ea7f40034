import { describe, expect, test } from "vitest";
import { readLines, type Line } from "./read-lines.ts";

async function* pieces(text: string, length: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) {
    yield bytes.subarray(at, at + length);
  }
}

async function linesOf(text: string, length = 65_536): Promise<Line[]> {
  return (await Array.fromAsync(readLines("x.jsonl", pieces(text, length)))).flat();
}

test.each([1, 2, 3, 7, 1_000])("lines are found in pieces of %i bytes", async (length) => {
  const text = '{"a":"\u00e4\u{1f600}"}\n{"b":[]}\n{"c":"\\n"}\n';
  expect(await linesOf(text, length)).toEqual([
    { at: 1, value: { a: "\u00e4\u{1f600}" } },
    { at: 2, value: { b: [] } },
    { at: 3, value: { c: "\n" } },
  ]);
});

test("no lines are no batch", async () => {
  expect(await Array.fromAsync(readLines("x.jsonl", pieces("", 1)))).toEqual([]);
});

test("batches are bounded in lines and in bytes", async () => {
  const short = "{}\n".repeat(2_500);
  const batches = await Array.fromAsync(readLines("x.jsonl", pieces(short, 4_096)));
  expect(batches.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
  const long = `{"text":"${"x".repeat(150_000)}"}\n`.repeat(4);
  const few = await Array.fromAsync(readLines("x.jsonl", pieces(long, 65_536)));
  expect(few.map(({ length }) => length)).toEqual([2, 2]);
});

describe("refused with the number of the line:", () => {
  test.each([
    ["no JSON", "{}\n{\n", "line 2"],
    ["an empty line", "{}\n\n{}\n", "line 2"],
    ["a list", "[]\n", "line 1"],
    ["a text", '"x"\n', "line 1"],
    ["null", "null\n", "line 1"],
    ["a mark at the beginning", "\ufeff{}\n", "line 1"],
    ["two objects", "{}{}\n", "line 1"],
    ["a last line without an end", "{}\n{}", "middle of a line"],
  ])("%s", async (_what, text, message) => {
    await expect(linesOf(text)).rejects.toMatchObject({
      code: "records.bad-base-file",
      message: expect.stringContaining(message),
    });
  });

  test("bytes that are no text", async () => {
    const source = (async function* () {
      yield Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d, 0x0a]);
    })();
    await expect(Array.fromAsync(readLines("x.jsonl", source))).rejects.toMatchObject({
      message: expect.stringContaining("line 1"),
    });
  });
});

test("a line without an end is given up before it fills the memory", async () => {
  const source = (async function* () {
    const piece = Buffer.alloc(8 * 1024 * 1024, 120);
    for (;;) {
      yield piece;
    }
  })();
  await expect(Array.fromAsync(readLines("x.jsonl", source))).rejects.toMatchObject({
    code: "records.base-file-too-large",
  });
});
