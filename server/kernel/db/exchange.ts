import type { Connection, Submittable } from "pg";
import pgUtils from "pg/lib/utils.js";
import type { Sql } from "./sql.ts";
import type { TextRow } from "./db.ts";

/** Prepared statements kept per connection; the oldest is closed beyond that, so that many bases do not fill PostgreSQL. */
const PREPARED_MAX = 600;

/** The parts of `pg`'s connection that an exchange speaks to. The published types leave out the protocol messages. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { text: string; name: string; types: readonly number[] }): void;
  bind(message: {
    portal: string;
    statement: string;
    values: unknown[];
    valueMapper: (value: unknown) => unknown;
  }): void;
  execute(message: { portal: string; rows: number }): void;
  close(message: { type: "S"; name: string }): void;
  sync(): void;
  on(event: "parseComplete", callback: () => void): void;
  removeListener(event: "parseComplete", callback: () => void): void;
}

const names = new Map<string, string>();
let nextName = 0;

/** What PostgreSQL has prepared, per connection: statement text -> name, in order of use. */
const prepared = new WeakMap<object, Map<string, string>>();

/** One name per statement text in this process, bounded. */
export function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    if (names.size >= 20_000) {
      names.clear();
    }
    name = `b${nextName++}`;
    names.set(text, name);
  }
  return name;
}

/**
 * Several statements in one round trip: Parse where needed, Bind and Execute each, one Sync. Rows arrive as text, unparsed.
 * `pg` itself waits for an answer after each query; this is its own documented extension point (a query with `submit`).
 *
 * After an error PostgreSQL skips to the Sync and `pg` calls nothing further, so `handleError` must settle; the caller
 * rolls back. A statement counts as prepared only after its ParseComplete.
 */
export class Exchange implements Submittable {
  readonly done: Promise<TextRow[][]>;
  private readonly statements: readonly Sql[];
  private readonly results: TextRow[][] = [];
  private current: TextRow[] = [];
  private settle: { resolve(rows: TextRow[][]): void; reject(error: Error): void };
  private onParsed: (() => void) | undefined;
  private wire: Wire | undefined;

  constructor(statements: readonly Sql[]) {
    this.statements = statements;
    const { promise, resolve, reject } = Promise.withResolvers<TextRow[][]>();
    this.done = promise;
    this.settle = { resolve, reject };
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    this.wire = wire;
    const known = preparedOn(wire);
    const parsing: [text: string, name: string][] = [];
    wire.stream.cork();
    try {
      for (const { text, values } of this.statements) {
        let name = known.get(text);
        if (name === undefined) {
          name = parsing.find(([parsed]) => parsed === text)?.[1];
        }
        if (name === undefined) {
          name = `x${nextName++}`;
          wire.parse({ text, name, types: [] });
          parsing.push([text, name]);
        } else if (known.size > PREPARED_MAX / 2) {
          known.delete(text);
          known.set(text, name);
        }
        wire.bind({ portal: "", statement: name, values, valueMapper: pgUtils.prepareValue });
        wire.execute({ portal: "", rows: 0 });
      }
      closeOldest(wire, known);
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
    if (parsing.length > 0) {
      this.onParsed = () => {
        const next = parsing.shift();
        if (next !== undefined) {
          known.set(next[0], next[1]);
        }
      };
      wire.on("parseComplete", this.onParsed);
    }
  }

  handleRowDescription(): void {
    // No Describe is sent, so none arrives.
  }

  handleDataRow(message: { readonly fields: TextRow }): void {
    this.current.push(message.fields);
  }

  handleCommandComplete(): void {
    this.results.push(this.current);
    this.current = [];
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete();
  }

  handleError(error: Error): void {
    this.stopListening();
    this.settle.reject(error);
  }

  handleReadyForQuery(): void {
    this.stopListening();
    this.settle.resolve(this.results);
  }

  private stopListening(): void {
    if (this.onParsed !== undefined) {
      this.wire?.removeListener("parseComplete", this.onParsed);
      this.onParsed = undefined;
    }
  }
}

function preparedOn(wire: object): Map<string, string> {
  let known = prepared.get(wire);
  if (known === undefined) {
    known = new Map();
    prepared.set(wire, known);
  }
  return known;
}

function closeOldest(wire: Wire, known: Map<string, string>): void {
  if (known.size <= PREPARED_MAX) {
    return;
  }
  for (const [text, name] of known) {
    if (known.size <= PREPARED_MAX - 50) {
      return;
    }
    wire.close({ type: "S", name });
    known.delete(text);
  }
}
