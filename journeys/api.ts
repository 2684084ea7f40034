/** What was answered to one call. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; empty where it is none. */
  readonly body: Json;
  readonly tookMs: number;
}

/** A JSON object of which nothing is known. */
export type Json = Readonly<Record<string, unknown>>;

/** A table as Airtable's schema shows it. */
export interface TableJson {
  readonly id: string;
  readonly name: string;
  readonly fields: readonly FieldJson[];
  readonly views: readonly { readonly id: string; readonly name: string }[];
}

/** A field of it. */
export interface FieldJson {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly options?: Json;
}

/** A record as Airtable shows it. */
export interface RecordJson {
  readonly id: string;
  readonly createdTime: string;
  readonly fields: Json;
}

/** One call. */
export interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Calls the API of a server with nothing but HTTP and JSON. */
export async function call(url: string, options: Call = {}): Promise<Answer> {
  const { method, body, token, headers = {}, signal } = options;
  const startedAt = performance.now();
  const response = await fetch(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const tookMs = performance.now() - startedAt;
  return { status: response.status, headers: response.headers, text, body: json(text), tookMs };
}

/** The body of a call that must succeed, in the shape that the caller knows. */
export async function expectOk<T = Json>(answer: Promise<Answer>): Promise<T> {
  const { status, text, body } = await answer;
  if (status < 200 || status > 299) {
    throw new Error(`${status}: ${text}`);
  }
  return body as T;
}

/** Somebody with an account, signed in. */
export interface Person {
  readonly id: string;
  readonly email: string;
  /** Of the session; lasts 15 minutes. */
  readonly session: string;
}

/** The password of everybody in a journey. */
export const PASSWORD = "a long password for a journey";

/** Makes an account; the first one of an instance is its administrator. */
export async function register(url: string, name: string): Promise<Person> {
  const email = `${name}@journeys.test`;
  const body = { email, password: PASSWORD, name };
  const { token, user } = await expectOk<{ token: string; user: { id: string } }>(
    call(`${url}/api/v1/register`, { body }),
  );
  return { id: user.id, email, session: token };
}

/** A new workspace of this person; answers its id. */
export async function makeWorkspace(url: string, session: string, name: string): Promise<string> {
  const made = call(`${url}/api/v1/workspaces`, { body: { name }, token: session });
  return (await expectOk<{ id: string }>(made)).id;
}

/** What a new key may do. */
export interface KeyOptions {
  readonly scopes?: readonly string[];
  readonly bases?: readonly string[];
  readonly workspaces?: readonly string[];
}

/** A personal access token of this person. */
export async function makeKey(
  url: string,
  session: string,
  options: KeyOptions = {},
): Promise<{ readonly id: string; readonly key: string }> {
  const body = { name: "journey", ...options };
  return expectOk(call(`${url}/api/v1/api-keys`, { body, token: session }));
}

/** A new base, made through Airtable's API; answers it with its tables. */
export async function makeBase(
  url: string,
  token: string,
  base: {
    readonly workspaceId: string;
    readonly name: string;
    readonly tables: readonly unknown[];
  },
): Promise<{ readonly id: string; readonly tables: readonly TableJson[] }> {
  return expectOk(call(`${url}/v0/meta/bases`, { body: base, token }));
}

function json(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}
