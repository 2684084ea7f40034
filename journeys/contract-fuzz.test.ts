import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, expectOk, type Json, type RecordJson } from "./api.ts";
import { makeJourneyBase } from "./journey-base.ts";
import { journeyServer } from "./journey-server.ts";
import { isMissing, python, pythonHas } from "./python-client.ts";

/** Cases that are generated for each operation; `.ci/run` gives more. */
const cases = Number(process.env["BASALT_TEST_FUZZ_CASES"] ?? 10);
const seed = Number(process.env["BASALT_TEST_SEED"] ?? 1);

/** The first ones end what asks; the last one takes a zip, which cannot be made from a description. */
const left = [
  "identity.logout",
  "identity.endSession",
  "identity.updateUser",
  "identity.deleteUser",
  "baseFiles.import",
];
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
  "unsupported_method",
  "allow_header_conformance",
];

const server = journeyServer(() => ({ env: { BASALT_REGISTRATION: "open" } }));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-fuzz-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.skipIf(isMissing(pythonHas("schemathesis")))(
  `/openapi.json against live answers: ${cases} generated cases an operation`,
  async () => {
    const { url, key, workspaceId, owner } = server();
    const base = await makeJourneyBase(url, key, workspaceId);
    const record = await expectOk<RecordJson>(
      call(`${url}/v0/${base.id}/${base.tasks.id}`, {
        token: key,
        body: { fields: { Name: "one" } },
      }),
    );
    const real: Ids = {
      workspaceId,
      baseId: base.id,
      tableId: base.tasks.id,
      tableIdOrName: base.tasks.id,
      recordId: record.id,
      fieldId: base.fieldIds["Notes"] ?? "",
      fieldIdOrName: base.fieldIds["Notes"] ?? "",
      viewId: base.tasks.views[0]?.id ?? "",
      userId: owner.id,
      collaboratorId: owner.id,
    };
    const description = await expectOk(call(`${url}/openapi.json`));
    const file = path.join(folder, "openapi.json");
    await writeFile(file, JSON.stringify(withIds(description, real)));

    const report = path.join(folder, "report.json");
    const { code, output } = await run(python, [
      "-m",
      "schemathesis.cli",
      "run",
      file,
      "--url",
      url,
      "--header",
      `authorization:Bearer ${owner.session}`,
      ...left.flatMap((id) => ["--exclude-operation-id", id]),
      "--checks",
      checks.join(","),
      "--phases",
      "coverage,fuzzing",
      "--max-examples",
      String(cases),
      "--generation-deterministic",
      "--seed",
      String(seed),
      "--report",
      "json",
      "--report-json-path",
      report,
      "--no-color",
      "--continue-on-failure",
    ]);
    console.log(output);
    expect(code).toBe(0);
  },
  20 * 60_000,
);

type Ids = Readonly<Record<string, string>>;

/** The description with ids that exist in the paths, beside ones that do not. */
function withIds(description: Json, real: Ids): unknown {
  const paths = description["paths"] as Record<string, Record<string, Operation>>;
  const kept = Object.entries(paths).map(([route, methods]) => {
    const operations = Object.entries(methods).map(([method, operation]) => [
      method,
      narrowed(operation, real),
    ]);
    return [route, Object.fromEntries(operations)];
  });
  return { ...description, paths: Object.fromEntries(kept) };
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: Json;
  }[];
}

function narrowed(operation: Operation, real: Ids): Operation {
  // The same made-up key on every call would replay the first answer; keys have tests of their own.
  const unkeyed = (operation.parameters ?? []).filter(({ name }) => name !== "Idempotency-Key");
  const parameters = unkeyed.map((parameter) => {
    const id = real[parameter.name];
    return parameter.in === "path" && id !== undefined
      ? { ...parameter, schema: { type: "string", enum: [id, `${id.slice(0, 3)}AAAAAAAAAAAAAA`] } }
      : parameter;
  });
  return { ...operation, parameters };
}

async function run(
  program: string,
  words: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  return { code, output };
}
