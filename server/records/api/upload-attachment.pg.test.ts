import { beforeAll, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  airtableError,
  createRecord,
  invalidRequest,
  MISSING,
  openTestApi,
  type TestAnswer,
  type TestApi,
} from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;
let recordId: string;

beforeAll(async () => {
  api = await openTestApi(world());
  recordId = await createRecord(api, api.table.id, { Name: "A" });
});

const upload = (field: string, body: unknown, record = recordId): Promise<TestAnswer> =>
  api.data(`${record}/${encodeURIComponent(field)}/uploadAttachment`, { method: "POST", body });

const hello = { contentType: "text/plain", filename: "hello.txt", file: btoa("hello") };

test("appends to the cell; answers that field alone, by id", async () => {
  const { id } = api.field("Files");
  const first = await upload(id, hello);
  expect(first.status).toBe(200);
  expect(Object.keys(first.body)).toEqual(["id", "createdTime", "fields"]);
  expect(first.body["fields"]).toEqual({
    [id]: [expect.objectContaining({ filename: "hello.txt", size: 5, type: "text/plain" })],
  });
  const second = await upload(id, { ...hello, filename: "b.txt" });
  const files = second.body["fields"]?.[id] as unknown as { filename: string }[];
  expect(files.map(({ filename }) => filename)).toEqual(["hello.txt", "b.txt"]);
});

test("by a field name that stands in two tables: the record decides", async () => {
  const other = await createRecord(api, api.other.id, { Name: "B" });
  const answer = await upload("Files", hello, other);
  expect(answer).toMatchObject({ status: 200, body: { id: other } });
  expect((await api.data(`${api.other.id}/${other}`)).body["fields"]).toMatchObject({
    Files: [{ filename: "hello.txt" }],
  });
});

test("refused: records and fields that are not there, or of another kind", async () => {
  const noRecord = airtableError(404, "MODEL_ID_NOT_FOUND", "Record not found");
  expect(await upload(api.field("Files").id, hello, MISSING)).toMatchObject(noRecord);
  expect(await upload("Files", hello, MISSING)).toMatchObject(noRecord);
  expect(await upload("Nope", hello)).toMatchObject(
    airtableError(422, "UNKNOWN_FIELD_NAME", 'Unknown field name: "Nope"'),
  );
  expect(await upload("Count", hello)).toMatchObject({
    status: 422,
    body: { error: { type: "INVALID_VALUE_FOR_COLUMN" } },
  });
});

test("refused: bodies of the wrong shape", async () => {
  const cases: [unknown, string][] = [
    [{}, ""],
    [{ ...hello, file: "!!!" }, " file: must be base64"],
    [{ ...hello, file: 1 }, " file"],
    [{ ...hello, filename: "" }, " filename"],
    [{ ...hello, filename: "x".repeat(256) }, " filename"],
    [{ ...hello, contentType: undefined }, " contentType"],
    [{ ...hello, contentType: { raw: "x" } }, " contentType"],
  ];
  for (const [body, rest] of cases) {
    expect(await upload("Count", body)).toMatchObject(invalidRequest(rest));
  }
});

test("5 MB are taken, a byte more is too large", async () => {
  const size = 5 * 1024 * 1024;
  const bytes = (length: number): string => Buffer.alloc(length, 7).toString("base64");
  expect((await upload("Files", { ...hello, file: bytes(size) })).status).toBe(200);
  expect(await upload("Files", { ...hello, file: bytes(size + 1) })).toMatchObject(
    airtableError(413, "REQUEST_TOO_LARGE", "Request body is too large"),
  );
});
