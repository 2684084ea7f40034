import { setTimeout as sleep } from "node:timers/promises";
import { Seeded } from "../../faults/seeded.ts";
import type { RecordJson } from "../api.ts";
import { Caller, type Came } from "./caller.ts";
import type { FieldOfFire } from "./field-of-fire.ts";
import type { Seen } from "./history.ts";

/** Records that live at most: a page must hold all of them. */
const RECORDS_MAX = 60;
/** A client that was not answered waits a little, as a careful program does. */
const pauseMs = 20;

type Common = Came["seen"];
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type OwnPart = DistributiveOmit<Seen, keyof Common>;

/** Clients that read, write, delete, change the schema and take rights away, by chance, until they are told to stop. */
export class Clients {
  readonly history: Seen[] = [];
  private readonly field: FieldOfFire;
  private readonly seed: number;
  private readonly running: Promise<void>[] = [];
  /** Records that may live, over all clients. */
  private readonly living = new Set<string>();
  private value = 0;
  private isStopped = false;

  constructor(field: FieldOfFire, seed: number) {
    this.field = field;
    this.seed = seed;
  }

  /** Six that read and write, one that changes the schema, one whose rights come and go. */
  start(): void {
    for (let client = 0; client < 6; client += 1) {
      this.running.push(this.readAndWrite(client));
    }
    this.running.push(this.reshape(6), this.comeAndGo(7));
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.running);
  }

  private note(common: Common, own: OwnPart): void {
    this.history.push({ ...common, ...own });
  }

  private async readAndWrite(client: number): Promise<void> {
    const caller = new Caller(client);
    const random = new Seeded(this.seed * 100 + client);
    // The newest transaction that this client was told of, wherever.
    let told = 0;
    while (!this.isStopped) {
      const process = random.whole(0, this.field.urls.length - 1);
      const minTxn = random.chance(0.5) ? told : undefined;
      const common = random.chance(0.7)
        ? await this.read({ caller, random, process, minTxn })
        : await this.write({ caller, random, process });
      if (common.status === 200) {
        told = Math.max(told, common.txn ?? 0);
      } else {
        await sleep(common.status === 0 ? pauseMs : 0);
      }
    }
    caller.close();
  }

  private async read({ caller, random, process, minTxn }: Reading): Promise<Common> {
    const { tableId } = this.field;
    const min = minTxn === undefined ? {} : { minTxn };
    const recordId = this.some(random);
    if (recordId === undefined || random.chance(0.5)) {
      const { seen, text } = await caller.ask({ ...this.to(process, tableId), minTxn });
      const { records = [], offset } = seen.status === 200 ? pageOf(text) : {};
      if (offset !== undefined) {
        throw new Error("more records live than a page holds");
      }
      const values = new Map(records.map(({ id, fields }) => [id, Number(fields["Value"])]));
      this.note(seen, { kind: "page", values, ...min });
      return seen;
    }
    const { seen, text } = await caller.ask({
      ...this.to(process, `${tableId}/${recordId}`),
      minTxn,
    });
    const value =
      seen.status === 200 ? Number((JSON.parse(text) as RecordJson).fields["Value"]) : undefined;
    this.note(seen, { kind: "record", recordId, value, ...min });
    return seen;
  }

  private async write({ caller, random, process }: Reading): Promise<Common> {
    const { tableId } = this.field;
    const recordId = this.some(random);
    if (recordId === undefined || (this.living.size < RECORDS_MAX && random.chance(0.3))) {
      const body = { fields: { Name: "x", Value: this.next() } };
      const { seen, text } = await caller.ask({ ...this.to(process, tableId), body });
      if (seen.status === 200) {
        this.living.add((JSON.parse(text) as RecordJson).id);
      } else {
        await this.countAgain(caller);
      }
      this.note(seen, { kind: "write" });
      return seen;
    }
    const isLast = random.chance(0.3);
    const { seen } = await caller.ask({
      ...this.to(process, `${tableId}/${recordId}`),
      ...(isLast
        ? { method: "DELETE" }
        : { method: "PATCH", body: { fields: { Value: this.next() } } }),
    });
    if (isLast) {
      this.living.delete(recordId);
    }
    this.note(seen, { kind: "write" });
    return seen;
  }

  /** A create without an answer may have happened, a delete may not: what lives is asked. */
  private async countAgain(caller: Caller): Promise<void> {
    for (const process of this.field.urls.keys()) {
      const { seen, text } = await caller.ask(this.to(process, this.field.tableId));
      if (seen.status === 200) {
        for (const { id } of pageOf(text).records ?? []) {
          this.living.add(id);
        }
        return;
      }
    }
  }

  /** A field is made in one process, written through a second at once, renamed, written through a third, deleted. */
  private async reshape(client: number): Promise<void> {
    const caller = new Caller(client);
    const random = new Seeded(this.seed * 100 + client);
    const { shapedTableId, shapedRecordId, baseId } = this.field;
    const schema = `meta/bases/${baseId}/tables/${shapedTableId}/fields`;
    const anywhere = (): number => random.whole(0, this.field.urls.length - 1);
    for (let turn = 0; !this.isStopped; turn += 1) {
      const follow = async (what: string, fields: unknown, status: number): Promise<void> => {
        const { seen, text } = await caller.ask({
          ...this.to(anywhere(), `${shapedTableId}/${shapedRecordId}`),
          method: "PATCH",
          body: { fields },
        });
        this.note(seen, { kind: "follow-up", what, isRight: seen.status === status, answer: text });
      };
      const made = await caller.ask({
        ...this.to(anywhere(), schema, "/v0"),
        body: { name: `Field ${turn}`, type: "singleLineText" },
      });
      this.note(made.seen, { kind: "write" });
      if (made.seen.status === 200) {
        const { id } = JSON.parse(made.text) as { id: string };
        await follow("a field that was just made is written", { [`Field ${turn}`]: "a" }, 200);
        const renamed = await caller.ask({
          ...this.to(anywhere(), `${schema}/${id}`, "/v0"),
          method: "PATCH",
          body: { name: `Renamed ${turn}` },
        });
        this.note(renamed.seen, { kind: "write" });
        if (renamed.seen.status === 200) {
          await follow("a field is written by its new name", { [`Renamed ${turn}`]: "b" }, 200);
          await follow("a field is written by its old name", { [`Field ${turn}`]: "c" }, 422);
        }
        const gone = await caller.ask({
          ...this.to(anywhere(), `${schema}/${id}`, "/v0"),
          method: "DELETE",
        });
        this.note(gone.seen, { kind: "write" });
        if (gone.seen.status === 200) {
          await follow("a deleted field is written", { [id]: "d" }, 422);
        }
      }
      await sleep(pauseMs * 5);
    }
    caller.close();
  }

  /** The guest is let in by one process and put out by another, and looks all the time through every one. */
  private async comeAndGo(client: number): Promise<void> {
    const caller = new Caller(client);
    const random = new Seeded(this.seed * 100 + client);
    const { baseId, guest, tableId, urls } = this.field;
    const looking = this.look(client + 1);
    const collaborators = `meta/bases/${baseId}/collaborators`;
    while (!this.isStopped) {
      const given = await caller.ask({
        ...this.to(random.whole(0, urls.length - 1), collaborators, "/v0"),
        body: { collaborators: [{ user: { id: guest.id }, permissionLevel: "read" }] },
      });
      this.note(given.seen, { kind: "right", isGiven: true });
      await sleep(random.whole(100, 800));
      const { seen, text } = await caller.ask({
        ...this.to(random.whole(0, urls.length - 1), `${collaborators}/${guest.id}`, "/v0"),
        method: "DELETE",
      });
      this.note(seen, { kind: "right", isGiven: false });
      if (seen.status !== 200 && seen.status !== 0 && seen.status !== 503) {
        this.note(seen, {
          kind: "follow-up",
          what: "a right is taken",
          isRight: given.seen.status !== 200,
          answer: text,
        });
      }
      // The same process first: there it is gone at once.
      const after = await caller.ask({ ...this.to(seen.process, tableId), token: guest.key });
      this.note(after.seen, { kind: "guest" });
      await sleep(random.whole(1_000, 2_000));
    }
    await looking;
    caller.close();
  }

  private async look(client: number): Promise<void> {
    const caller = new Caller(client);
    const { urls, tableId, guest } = this.field;
    for (let turn = 0; !this.isStopped; turn += 1) {
      const { seen } = await caller.ask({
        ...this.to(turn % urls.length, tableId),
        token: guest.key,
      });
      this.note(seen, { kind: "guest" });
      await sleep(pauseMs);
    }
    caller.close();
  }

  private to(
    process: number,
    path: string,
    root = `/v0/${this.field.baseId}`,
  ): { process: number; url: string; token: string } {
    return { process, url: `${this.field.urls[process]}${root}/${path}`, token: this.field.key };
  }

  private some(random: Seeded): string | undefined {
    const [first, ...others] = this.living;
    return first === undefined ? undefined : random.pick([first, ...others]);
  }

  private next(): number {
    this.value += 1;
    return this.value;
  }
}

interface Reading {
  readonly caller: Caller;
  readonly random: Seeded;
  readonly process: number;
  readonly minTxn?: number | undefined;
}

function pageOf(text: string): {
  readonly records?: readonly RecordJson[];
  readonly offset?: string;
} {
  return JSON.parse(text) as { records: RecordJson[]; offset?: string };
}
