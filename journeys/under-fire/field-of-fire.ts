import { call, expectOk, makeBase, makeKey, makeWorkspace, register } from "../api.ts";
import type { RecordJson } from "../api.ts";
import type { Version, Versions } from "./history.ts";

/** What the clients work on. */
export interface FieldOfFire {
  /** Of the processes, by their numbers. */
  readonly urls: readonly [string, ...string[]];
  readonly baseId: string;
  /** The table whose records come, change and go. */
  readonly tableId: string;
  readonly valueFieldId: string;
  /** The table whose fields come and go, and its only record. */
  readonly shapedTableId: string;
  readonly shapedRecordId: string;
  readonly key: string;
  readonly guest: { readonly id: string; readonly key: string };
}

/** Makes the base, its owner and the guest whose right comes and goes. */
export async function makeFieldOfFire(urls: FieldOfFire["urls"]): Promise<FieldOfFire> {
  const [url] = urls;
  const owner = await register(url, "owner");
  const guest = await register(url, "guest");
  const workspaceId = await makeWorkspace(url, owner.session, "Under fire");
  const { key } = await makeKey(url, owner.session);
  const { key: guestKey } = await makeKey(url, guest.session);
  const number = { type: "number", options: { precision: 0 } };
  const { id: baseId, tables } = await makeBase(url, key, {
    workspaceId,
    name: "Under fire",
    tables: [
      {
        name: "Moving",
        fields: [
          { name: "Name", type: "singleLineText" },
          { name: "Value", ...number },
        ],
      },
      { name: "Shaped", fields: [{ name: "Name", type: "singleLineText" }] },
    ],
  });
  const [moving, shaped] = tables;
  const made = await expectOk<RecordJson>(
    call(`${url}/v0/${baseId}/${shaped?.id}`, { body: { fields: { Name: "only" } }, token: key }),
  );
  return {
    urls,
    baseId,
    tableId: moving?.id ?? "",
    valueFieldId: moving?.fields.find(({ name }) => name === "Value")?.id ?? "",
    shapedTableId: shaped?.id ?? "",
    shapedRecordId: made.id,
    key,
    guest: { id: guest.id, key: guestKey },
  };
}

interface Change {
  readonly txn: number;
  readonly name: string;
  readonly tableId: string | null;
  readonly recordIds: readonly string[];
  readonly fieldIds: readonly string[];
  readonly body: { readonly after?: readonly (readonly unknown[])[] } | null;
}

/** What happened to the records of the moving table, as the change log has it, and the numbers that it lacks. */
export async function versionsOf(
  field: FieldOfFire,
): Promise<{ readonly versions: Versions; readonly missing: readonly number[] }> {
  const versions = new Map<string, Version[]>();
  const txns = new Set<number>();
  for (const { txn, name, tableId, recordIds, fieldIds, body } of await changesOf(field)) {
    txns.add(txn);
    if (tableId !== field.tableId || !name.startsWith("records.")) {
      continue;
    }
    const column = fieldIds.indexOf(field.valueFieldId);
    for (const [row, id] of recordIds.entries()) {
      const value = name === "records.deleted" ? undefined : Number(body?.after?.[row]?.[column]);
      if (name === "records.deleted" || column !== -1) {
        versions.set(id, [...(versions.get(id) ?? []), { txn, value }]);
      }
    }
  }
  const newest = Math.max(0, ...txns);
  const missing = Array.from({ length: newest }, (_, at) => at + 1).filter((txn) => !txns.has(txn));
  return { versions, missing };
}

async function changesOf({ urls, baseId, key }: FieldOfFire): Promise<Change[]> {
  const changes: Change[] = [];
  for (let after = 0, goesOn = true; goesOn;) {
    const page = await expectOk<{ changes: Change[]; cursor: number; mightHaveMore: boolean }>(
      call(`${urls[0]}/api/v1/bases/${baseId}/changes?after=${after}&limit=1000`, { token: key }),
    );
    changes.push(...page.changes);
    after = page.cursor;
    goesOn = page.mightHaveMore;
  }
  return changes;
}
