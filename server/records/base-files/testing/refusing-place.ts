import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { Problem, sql, type Scope } from "#kernel";
import { listBases } from "#workspaces";
import { openTestWorld, type TestWorld } from "../../../kernel/testing/world.ts";
import { newOwner } from "../../testing/new-base.ts";
import { exportBase } from "../export-base.ts";
import { importBase } from "../import-base.ts";
import type { BaseFileLimits } from "../zip-reader.ts";
import { fullBase } from "./full-base.ts";
import { entriesOfZip, type ZippedEntry } from "./zip-entries.ts";

/** A good base file, and an instance that refuses bad ones. */
export interface RefusingPlace {
  readonly bytes: Buffer;
  readonly entries: readonly ZippedEntry[];
  /** Entries with the records of the first and the second table. */
  readonly first: string;
  readonly second: string;
  /** Why the file is refused; a file that is taken in fails the test. */
  refusal(
    bytes: Uint8Array,
    more?: { readonly keepIds?: boolean; readonly limits?: BaseFileLimits },
  ): Promise<Problem>;
  /** The entries with one of them changed; null leaves it out. */
  changed(name: string, change: (text: string) => string | null): readonly ZippedEntry[];
  /** The same with an entry's JSON changed. */
  changedJson(name: string, change: (value: never) => unknown): readonly ZippedEntry[];
  /** The same with the first line of an entry changed. */
  changedLine(
    name: string,
    change: (line: Record<string, unknown>) => object,
  ): readonly ZippedEntry[];
}

/** Opens it for the tests of a file, and sees after each of them that nothing of what was refused has stayed. */
export function refusingPlace(): () => RefusingPlace {
  let folder: string;
  let there: TestWorld;
  let place: RefusingPlace;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "basalt-bad-base-file-"));
    const bytes = await goodFile();
    there = await openTestWorld();
    place = await openPlace(bytes, { folder, owner: await newOwner(there, "There") });
  });
  afterAll(async () => {
    await there.close();
    await rm(folder, { recursive: true });
  });
  afterEach(async () => {
    expect(await listBases(there.system)).toEqual([]);
    const rows = await there.db.all(sql`
      select id from records.bases union all select id from records.fields union all select id from records.comments
      union all select nspname::text from pg_namespace where nspname like 'app%'
      union all select base_id from kernel.events`);
    expect(rows).toEqual([]);
  });
  return () => place;
}

async function goodFile(): Promise<Buffer> {
  const world = await openTestWorld();
  try {
    const { scope, workspaceId } = await newOwner(world);
    const baseId = await fullBase(scope, workspaceId);
    const { bytes } = await exportBase(scope, { baseId, program: "test" });
    return Buffer.concat(await Array.fromAsync(bytes as AsyncIterable<Uint8Array>));
  } finally {
    await world.close();
  }
}

async function openPlace(
  bytes: Buffer,
  at: {
    readonly folder: string;
    readonly owner: { readonly scope: Scope; readonly workspaceId: string };
  },
): Promise<RefusingPlace> {
  const saved = async (content: Uint8Array): Promise<string> => {
    const file = path.join(at.folder, randomUUID());
    await writeFile(file, content);
    return file;
  };
  const entries = (await entriesOfZip(await saved(bytes))).map(([name, content]) => ({
    name,
    content,
  }));
  const [first = "", second = ""] = entries
    .map(({ name }) => name)
    .filter((name) => name.startsWith("records/"));
  const changed: RefusingPlace["changed"] = (name, change) =>
    entries.flatMap((one) => {
      const content = one.name === name ? change(one.content) : one.content;
      return content === null ? [] : [{ ...one, content }];
    });
  return {
    bytes,
    entries,
    first,
    second,
    changed,
    changedJson: (name, change) =>
      changed(name, (text) => JSON.stringify(change(JSON.parse(text) as never))),
    changedLine: (name, change) =>
      changed(name, (text) => {
        const [line = "", ...rest] = text.split("\n");
        return [JSON.stringify(change(JSON.parse(line))), ...rest].join("\n");
      }),
    refusal: async (content, { keepIds = true, limits } = {}) => {
      const { scope, workspaceId } = at.owner;
      const file = await saved(content);
      const target = { workspaceId, keepIds, file, ...(limits !== undefined && { limits }) };
      return importBase(scope, target).then(
        () => {
          throw new Error("the file was taken in");
        },
        (error: unknown) => {
          if (error instanceof Problem) {
            return error;
          }
          throw error;
        },
      );
    },
  };
}
