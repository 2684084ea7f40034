import { z } from "zod";
import { describe, expect, test } from "vitest";
import { parseWith, readBytes, readJson, type ReadJsonOptions } from "./read-json.ts";

const request = (body: BodyInit | null, type: string | null = "application/json"): Request =>
  new Request("http://basalt.test/", {
    method: "POST",
    body: typeof body === "string" ? new TextEncoder().encode(body) : body,
    headers: type === null ? {} : { "content-type": type },
  });

const read = (body: BodyInit | null, options?: ReadJsonOptions): Promise<unknown> =>
  readJson(request(body), options);

describe("readJson", () => {
  test.each([
    ['{"a":[1,"é"]}', { a: [1, "é"] }],
    ["  null ", null],
    ['"]]]]"', "]]]]"],
    [`${"[".repeat(64)}${"]".repeat(64)}`, expect.anything()],
    [`{"a":"${"[".repeat(1_000)}"}`, { a: "[".repeat(1_000) }],
    [`{"a":"\\"${"[".repeat(100)}"}`, { a: `"${"[".repeat(100)}` }],
  ])("%s is read", async (text, value) => {
    expect(await read(text)).toEqual(value);
  });

  test.each(["", "{", "{'a':1}", '{"a":NaN}', '{"a":1}x', "undefined", "[1,]"])(
    "%j is not JSON",
    async (text) => {
      await expect(read(text)).rejects.toMatchObject({
        code: "kernel.body-not-json",
        details: {
          airtable: {
            type: "INVALID_REQUEST_BODY",
            message: "Could not parse request body",
            status: 422,
          },
        },
      });
    },
  );

  test("bytes that are no UTF-8 are not JSON", async () => {
    await expect(read(new Uint8Array([0x22, 0xff, 0xfe, 0x22]))).rejects.toMatchObject({
      code: "kernel.body-not-json",
    });
  });

  test.each([65, 1_000, 900_000])(
    "%i levels are too deep, as arrays, objects and a mix",
    async (depth) => {
      for (const text of [
        "[".repeat(depth),
        '{"a":'.repeat(Math.min(depth, 400_000)),
        '[{"a":'.repeat(Math.ceil(depth / 2)),
      ]) {
        await expect(read(text, { sizeMaxBytes: 8_000_000 })).rejects.toMatchObject({
          kind: "invalid",
          code: "kernel.body-too-deep",
        });
      }
    },
  );

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/jsonp",
    "multipart/form-data",
    "",
  ])("the type %j is refused", async (type) => {
    await expect(readJson(request("{}", type))).rejects.toMatchObject({ code: "kernel.body-type" });
  });

  test.each([
    "application/json",
    "Application/JSON; charset=utf-8",
    "application/vnd.x+json",
    null,
  ])("the type %j is taken", async (type) => {
    expect(await readJson(request("{}", type))).toEqual({});
  });

  test("a body over the limit is refused, whether its length is told or not", async () => {
    await expect(read(`"${"x".repeat(9)}"`, { sizeMaxBytes: 10 })).rejects.toMatchObject({
      kind: "too-large",
    });
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      body: new Blob([`"${"x".repeat(9)}"`]).stream(),
      duplex: "half",
    };
    await expect(
      readJson(new Request("http://basalt.test/", init), { sizeMaxBytes: 10 }),
    ).rejects.toMatchObject({ kind: "too-large" });
    expect(await read(`"${"x".repeat(8)}"`, { sizeMaxBytes: 10 })).toBe("x".repeat(8));
  });

  test("an empty body is undefined where that is allowed", async () => {
    expect(await read(null, { mayBeEmpty: true })).toBeUndefined();
    expect(await read("", { mayBeEmpty: true })).toBeUndefined();
  });

  test("__proto__ stays a key of its object", async () => {
    const value = await read(
      '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}',
    );
    expect(Object.keys(value as object)).toEqual(["__proto__", "constructor"]);
    expect({}).not.toHaveProperty("admin");
    const parsed = parseWith(z.record(z.string(), z.unknown()), value);
    expect(parsed).not.toHaveProperty("admin");
  });
});

test("bytes can be read again, and the smaller limit of the second reader holds", async () => {
  const twice = request("{}");
  expect(await readBytes(twice, 100)).toHaveLength(2);
  expect(await readJson(twice)).toEqual({});
  await expect(readBytes(twice, 1)).rejects.toMatchObject({ kind: "too-large" });
});

describe("parseWith", () => {
  const schema = z.strictObject({
    name: z.string(),
    rows: z.array(z.object({ size: z.int().max(3) })),
  });

  test("names each wrong input", () => {
    expect.assertions(1);
    try {
      parseWith(schema, { name: 1, rows: [{ size: 9 }] });
    } catch (error) {
      expect(error).toMatchObject({
        kind: "invalid",
        code: "contract.invalid-body",
        details: {
          fields: { name: "must be a text", "rows.0.size": expect.any(String) },
        },
      });
    }
  });

  test.each([null, undefined, 1, "x", []])("%j is no object", (value) => {
    expect(() => parseWith(schema, value)).toThrow(/^body: /);
  });

  test("a thousand mistakes make a short answer", () => {
    expect.assertions(1);
    try {
      parseWith(schema, { name: "x", rows: Array.from({ length: 1_000 }, () => ({ size: 9 })) });
    } catch (error) {
      expect(Object.keys((error as { details: { fields: object } }).details.fields)).toHaveLength(
        20,
      );
    }
  });
});
