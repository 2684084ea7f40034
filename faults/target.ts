import { call, expectOk, type Json, type RecordJson } from "../journeys/api.ts";
import type { Found, FoundChange } from "./ledger.ts";

/** The table that is written, and who writes. */
export interface Target {
  /** Where each writer sends to; several processes share the writers. */
  readonly urls: readonly [string, ...string[]];
  readonly key: string;
  readonly baseId: string;
  readonly tableId: string;
  readonly projectsId: string;
  /** Ids of the records that new ones link to. */
  readonly projects: readonly [string, ...string[]];
  /** The field of the projects that shows what links to them. */
  readonly inverse: string;
}

/** Makes the tables that the writers write to. */
export async function makeTarget(
  urls: Target["urls"],
  { key, workspaceId }: { readonly key: string; readonly workspaceId: string },
): Promise<Target> {
  const [url] = urls;
  const token = key;
  const number = { type: "number", options: { precision: 0 } };
  const body = {
    workspaceId,
    name: "Faults",
    tables: [
      {
        name: "Work",
        fields: [
          { name: "Batch", type: "singleLineText" },
          { name: "Value", ...number },
        ],
      },
      { name: "Projects", fields: [{ name: "Name", type: "singleLineText" }] },
    ],
  };
  const { id: baseId, tables } = await expectOk<{
    id: string;
    tables: [{ id: string }, { id: string }];
  }>(call(`${url}/v0/meta/bases`, { body, token }));
  const [{ id: tableId }, { id: projectsId }] = tables;
  const link = {
    name: "Project",
    type: "multipleRecordLinks",
    options: { linkedTableId: projectsId },
  };
  const { options } = await expectOk<{ options: { inverseLinkFieldId: string } }>(
    call(`${url}/v0/meta/bases/${baseId}/tables/${tableId}/fields`, { body: link, token }),
  );
  const records = ["a", "b", "c", "d", "e"].map((Name) => ({ fields: { Name } }));
  const made = await expectOk<{ records: RecordJson[] }>(
    call(`${url}/v0/${baseId}/${projectsId}`, { body: { records }, token }),
  );
  const [first = "", ...others] = made.records.map(({ id }) => id);
  const inverse = options.inverseLinkFieldId;
  return { urls, key, baseId, tableId, projectsId, projects: [first, ...others], inverse };
}

/** Reads the whole base back. */
export async function look(target: Target): Promise<Found> {
  const { baseId, tableId, projectsId, inverse } = target;
  const work = await allRecords(target, `/v0/${baseId}/${tableId}`);
  const projects = await allRecords(target, `/v0/${baseId}/${projectsId}?returnFieldsByFieldId=1`);
  return {
    records: work.map(({ id, fields }) => ({
      id,
      batch: String(fields["Batch"]),
      value: Number(fields["Value"] ?? 0),
      project: (fields["Project"] as string[] | undefined)?.[0] ?? "",
    })),
    linked: new Map(projects.map(({ id, fields }) => [id, (fields[inverse] ?? []) as string[]])),
    changes: await allChanges(target),
  };
}

const extended = { "x-basalt-limits": "extended" };

async function allRecords({ urls, key }: Target, path: string): Promise<RecordJson[]> {
  const records: RecordJson[] = [];
  for (let offset: string | undefined = ""; offset !== undefined;) {
    const query: string = `${path.includes("?") ? "&" : "?"}pageSize=1000&offset=${encodeURIComponent(offset)}`;
    const page: { records: RecordJson[]; offset?: string } = await expectOk(
      call(`${urls[0]}${path}${query}`, { token: key, headers: extended }),
    );
    records.push(...page.records);
    offset = page.offset;
  }
  return records;
}

async function allChanges({ urls, key, baseId }: Target): Promise<FoundChange[]> {
  const changes: FoundChange[] = [];
  for (let after = 0, goesOn = true; goesOn;) {
    const page = await expectOk<{
      changes: (Json & FoundChange)[];
      cursor: number;
      mightHaveMore: boolean;
    }>(call(`${urls[0]}/api/v1/bases/${baseId}/changes?after=${after}&limit=1000`, { token: key }));
    changes.push(...page.changes.map(({ txn, recordIds }) => ({ txn, recordIds })));
    after = page.cursor;
    goesOn = page.mightHaveMore;
  }
  return changes;
}
