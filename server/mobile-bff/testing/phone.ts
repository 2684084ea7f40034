import type { Scope } from "#kernel";
import { syncForPhone, type SyncAnswer, type SyncQuestion } from "../sync/sync.ts";

/** A client with a store of its own, as a phone has it. For tests. */
export class Phone {
  /** By table: record id to its values by column. */
  readonly store = new Map<string, Map<string, Readonly<Record<string, unknown>>>>();
  readonly resyncs: string[] = [];
  calls = 0;
  private cursor: string | undefined;
  private readonly scope: Scope;
  private readonly question: Omit<SyncQuestion, "cursor">;

  constructor(scope: Scope, question: Omit<SyncQuestion, "cursor">) {
    this.scope = scope;
    this.question = question;
  }

  /** One call; with `lost` the answer never arrives and the next call asks the same again. True while there is more. */
  async step({ lost = false } = {}): Promise<boolean> {
    this.calls += 1;
    const answer = await syncForPhone(this.scope, {
      ...this.question,
      ...(this.cursor !== undefined && { cursor: this.cursor }),
    });
    if (lost) {
      return true;
    }
    return this.take(answer);
  }

  /** Until nothing is left for now. */
  async catchUp(): Promise<void> {
    while (await this.step()) {
      // The next page.
    }
  }

  private take(answer: SyncAnswer): boolean {
    if ("resync" in answer) {
      this.resyncs.push(answer.resync);
      this.store.clear();
      this.cursor = undefined;
      return true;
    }
    for (const { id, columns, rows, deleted } of answer.tables) {
      const kept = this.store.get(id) ?? new Map<string, Readonly<Record<string, unknown>>>();
      this.store.set(id, kept);
      for (const [recordId, ...values] of rows) {
        const cells = columns.map((column, at) => [column, values[at] ?? null] as const);
        kept.set(String(recordId), Object.fromEntries(cells.filter(([, value]) => value !== null)));
      }
      for (const recordId of deleted) {
        kept.delete(recordId);
      }
    }
    this.cursor = answer.cursor;
    return answer.more;
  }
}
