import { readFile, rename, writeFile } from "node:fs/promises";

/** One record of the store: values by field id; what is empty is absent. */
export type StoredCells = Readonly<Record<string, unknown>>;

/** What the phone keeps on its disk, all of it or nothing. */
interface Stored {
  cursor: string | undefined;
  /** By table id, then by record id. */
  tables: Record<string, Record<string, StoredCells>>;
}

/** A page of `GET /bff/mobile/sync` as its description says. */
interface Page {
  readonly tables: readonly {
    readonly id: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly unknown[])[];
    readonly deleted: readonly string[];
  }[];
  readonly cursor: string;
  readonly more: boolean;
}

type Answer = Page | { readonly resync: string };

export interface PhoneOptions {
  readonly url: string;
  readonly token: string;
  readonly base: string;
  readonly tables?: readonly string[];
  /** Where the store lies; a client on a file that exists goes on with what it holds. */
  readonly file: string;
}

/**
 * A client as small as a phone's, made from the published description alone: it keeps a copy of tables in a file, asks for
 * what has changed, and survives whatever happens to an answer or to itself, because the store and the cursor are written
 * together.
 */
export class PhoneClient {
  /** Bytes of answers as they came over the line, and how many answers were 304. */
  readonly counted = { calls: 0, notModified: 0, resyncs: 0, failures: 0 };
  private stored: Stored = { cursor: undefined, tables: {} };
  private etag: { readonly path: string; readonly value: string } | undefined;
  private readonly options: PhoneOptions;

  private constructor(options: PhoneOptions) {
    this.options = options;
  }

  static async open(options: PhoneOptions): Promise<PhoneClient> {
    const client = new PhoneClient(options);
    const text = await readFile(options.file, "utf8").catch(() => undefined);
    if (text !== undefined) {
      client.stored = JSON.parse(text) as Stored;
    }
    return client;
  }

  /** The copy of a table. */
  table(id: string): Readonly<Record<string, StoredCells>> {
    return this.stored.tables[id] ?? {};
  }

  /** One call. True while the server says that there is more. Throws what the network throws, and changes nothing then. */
  async pull(signal?: AbortSignal): Promise<boolean> {
    const answer = await this.ask(signal);
    if (answer === undefined) {
      return false;
    }
    const next =
      "resync" in answer ? { cursor: undefined, tables: {} } : applied(this.stored, answer);
    await this.keep(next);
    if ("resync" in answer) {
      this.counted.resyncs += 1;
      return true;
    }
    return answer.more;
  }

  /** Pulls until nothing is left for now; tries again where the network fails. */
  async catchUp(tries = 100): Promise<void> {
    for (let failures = 0; ;) {
      try {
        if (!(await this.pull())) {
          return;
        }
      } catch (error) {
        this.counted.failures += 1;
        failures += 1;
        if (failures === tries) {
          throw error;
        }
        await new Promise((resolve) => {
          setTimeout(resolve, 100);
        });
      }
    }
  }

  /** Undefined: nothing has changed. */
  private async ask(signal: AbortSignal | undefined): Promise<Answer | undefined> {
    const { url, token, base, tables } = this.options;
    const query = new URLSearchParams({
      base,
      ...(tables && { tables: tables.join(",") }),
      ...(this.stored.cursor !== undefined && { cursor: this.stored.cursor }),
    });
    const path = `/bff/mobile/sync?${query}`;
    this.counted.calls += 1;
    const response = await fetch(url + path, {
      headers: {
        authorization: `Bearer ${token}`,
        "accept-encoding": "gzip",
        ...(this.etag?.path === path && { "if-none-match": this.etag.value }),
      },
      ...(signal && { signal }),
    });
    if (response.status === 304) {
      this.counted.notModified += 1;
      return undefined;
    }
    if (!response.ok) {
      throw new Error(`${response.status}: ${await response.text()}`);
    }
    const answer = (await response.json()) as Answer;
    this.etag = { path, value: response.headers.get("etag") ?? "" };
    return answer;
  }

  /** On the disk under another name first, so that whoever dies meanwhile finds the old store or the new one. */
  private async keep(next: Stored): Promise<void> {
    const { file } = this.options;
    await writeFile(`${file}.new`, JSON.stringify(next));
    await rename(`${file}.new`, file);
    this.stored = next;
  }
}

function applied(stored: Stored, page: Page): Stored {
  const tables = { ...stored.tables };
  for (const { id, columns, rows, deleted } of page.tables) {
    const kept = { ...tables[id] };
    for (const [recordId, ...values] of rows) {
      const cells = columns.map((column, at) => [column, values[at] ?? null] as const);
      kept[String(recordId)] = Object.fromEntries(cells.filter(([, value]) => value !== null));
    }
    for (const recordId of deleted) {
      delete kept[recordId];
    }
    tables[id] = kept;
  }
  return { cursor: page.cursor, tables };
}
