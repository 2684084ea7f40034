import {
  call,
  expectOk,
  makeBase,
  makeKey,
  makeWorkspace,
  type Person,
  type RecordJson,
  register,
} from "../api.ts";

/** One id of every kind that a path, a query or a body can name. */
export interface Ids {
  readonly workspaceId: string;
  readonly baseId: string;
  readonly tableIdOrName: string;
  readonly tableId: string;
  readonly recordId: string;
  readonly fieldId: string;
  /** Of an attachment field. */
  readonly fieldIdOrName: string;
  readonly linkFieldId: string;
  readonly viewId: string;
  readonly commentId: string;
  readonly attachmentId: string;
  readonly userId: string;
  readonly collaboratorId: string;
  readonly invitationId: string;
  readonly grantId: string;
  readonly sessionId: string;
  readonly keyId: string;
  /** Of a page of records. */
  readonly offset: string;
}

/** Somebody's workspace with something of everything in it. Every text in it holds the canary. */
export interface Home {
  readonly person: Person;
  readonly key: string;
  readonly ids: Ids;
  /** Where the file of the record can be fetched by whoever holds this address. */
  readonly fileUrl: string;
}

/** Makes a home; with `canary` in every name, text and file. */
export async function makeHome(url: string, name: string, canary: string): Promise<Home> {
  const person = await register(url, name);
  const token = person.session;
  const post = async <T>(path: string, body: unknown): Promise<T> =>
    expectOk<T>(call(`${url}${path}`, { body, token }));
  const workspaceId = await makeWorkspace(url, token, `${canary} workspace`);
  const base = await makeBase(url, token, {
    workspaceId,
    name: `${canary} base`,
    tables: [tableOf(`${canary} table`), tableOf(`${canary} other`)],
  });
  const [table, other] = base.tables;
  if (table === undefined || other === undefined) {
    throw new Error("the base was made without its tables");
  }
  const link = await post<{ id: string }>(`/v0/meta/bases/${base.id}/tables/${table.id}/fields`, {
    name: `${canary} link`,
    type: "multipleRecordLinks",
    options: { linkedTableId: other.id },
  });
  const data = `/v0/${base.id}/${table.id}`;
  const [text = "", files = ""] = table.fields.map(({ id }) => id);
  const { records } = await post<{ records: RecordJson[] }>(data, {
    records: [1, 2, 3].map((at) => ({ fields: { [text]: `${canary} record ${at}` } })),
  });
  const recordId = records[0]?.id ?? "";
  const upload = `/v0/${base.id}/${recordId}/${files}/uploadAttachment`;
  const uploaded = await post<{ fields: Record<string, [{ id: string; url: string }]> }>(upload, {
    contentType: "text/plain",
    filename: `${canary}.txt`,
    file: btoa(canary),
  });
  const comment = await post<{ id: string }>(`${data}/${recordId}/comments`, { text: canary });
  const place = `/api/v1/workspaces/${workspaceId}`;
  const invitation = await post<{ id: string }>(`${place}/invitations`, {
    role: "editor",
    message: canary,
  });
  const helper = await register(url, `${name}-guest`);
  const grant = await post<{ id: string }>(`${place}/grants`, {
    userId: helper.id,
    effect: "allow",
    role: "read-only",
    reason: canary,
  });
  const key = await makeKey(url, token);
  const page = await expectOk<{ offset: string }>(
    call(`${url}${data}?pageSize=1&sort[0][field]=${text}`, { token }),
  );
  const { sessions } = await expectOk<{ sessions: [{ id: string }] }>(
    call(`${url}/api/v1/sessions`, { token }),
  );
  return {
    person,
    key: key.key,
    fileUrl: uploaded.fields[files]?.[0].url ?? "",
    ids: {
      workspaceId,
      baseId: base.id,
      tableIdOrName: table.id,
      tableId: table.id,
      recordId,
      fieldId: text,
      fieldIdOrName: files,
      linkFieldId: link.id,
      viewId: table.views[0]?.id ?? "",
      commentId: comment.id,
      attachmentId: uploaded.fields[files]?.[0].id ?? "",
      userId: person.id,
      collaboratorId: person.id,
      invitationId: invitation.id,
      grantId: grant.id,
      sessionId: sessions[0].id,
      keyId: key.id,
      offset: page.offset,
    },
  };
}

const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/** Ids of the same shape that nobody has. */
export function madeUp(ids: Ids): Ids {
  const invent = (id: string): string =>
    id.replace(/(?<=^[a-z]{3}|\/rec)[A-Za-z0-9]{14}/g, () => {
      const random = crypto.getRandomValues(new Uint8Array(14));
      return [...random].map((byte) => alphabet[byte % alphabet.length]).join("");
    });
  return Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, invent(id)])) as never;
}

/** Everything that the owner can see in a home, to tell whether it was changed. */
export async function snapshot(url: string, { person, ids }: Home): Promise<string> {
  const { workspaceId, baseId, tableIdOrName, recordId } = ids;
  const data = `/v0/${baseId}/${tableIdOrName}`;
  const paths = [
    `/api/v1/workspaces/${workspaceId}`,
    `/api/v1/workspaces/${workspaceId}/members`,
    `/api/v1/workspaces/${workspaceId}/invitations`,
    `/api/v1/workspaces/${workspaceId}/grants`,
    `/api/v1/bases/${baseId}`,
    `/api/v1/bases/${baseId}/members`,
    `/api/v1/bases/${baseId}/changes?limit=1000`,
    `/v0/meta/bases/${baseId}/tables`,
    `/v0/meta/bases/${baseId}/views`,
    `${data}?fields[]=${ids.fieldId}`,
    `${data}/${recordId}/comments`,
    "/api/v1/api-keys",
    "/api/v1/sessions",
  ];
  const seen: string[] = [];
  for (const path of paths) {
    const { status, text } = await call(`${url}${path}`, { token: person.session });
    seen.push(`${path} ${status} ${text.replaceAll(/"lastUsedAt":("[^"]*"|null)/g, "")}`);
  }
  return seen.join("\n");
}

function tableOf(name: string): object {
  return {
    name,
    fields: [
      { name: `${name} text`, type: "singleLineText" },
      { name: `${name} files`, type: "multipleAttachments" },
      {
        name: `${name} choice`,
        type: "singleSelect",
        options: { choices: [{ name: `${name} x` }] },
      },
    ],
  };
}
