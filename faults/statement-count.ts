/** The statements that went by while something ran. */
export interface Statements {
  /** The text of each, in order, transaction statements included. */
  readonly texts: readonly string[];
  /** How often the caller waited for the database. */
  readonly roundTrips: number;
}

/** What a process asks on its own each second, whoever is there: no part of what a request costs. */
const ownAffairs = /\bfrom kernel\.signals\b/;

/**
 * Reads what PostgreSQL clients send (protocol 3, no TLS) and keeps the statements that are run. Give `tap` to a proxy.
 */
export class StatementCount {
  readonly #connections = new Map<number, Connection>();
  #texts: string[] = [];
  #roundTrips = 0;

  /** What came in on a connection. */
  readonly tap = (chunk: Buffer, connection: number): void => {
    const known = this.#connections.get(connection) ?? new Connection();
    this.#connections.set(connection, known);
    for (const { type, body } of known.read(chunk)) {
      this.#note(known, type, body);
    }
  };

  /** What went by since the last call. */
  take(): Statements {
    const taken = { texts: this.#texts, roundTrips: this.#roundTrips };
    this.#texts = [];
    this.#roundTrips = 0;
    return taken;
  }

  #note(connection: Connection, type: string, body: Buffer): void {
    const [first = "", second = ""] = body.toString("utf8").split("\0", 2);
    switch (type) {
      case "P":
        connection.prepared.set(first, second);
        break;
      case "B":
        connection.bound = connection.prepared.get(second) ?? "";
        break;
      case "E":
        connection.isOwnAffair = ownAffairs.test(connection.bound);
        if (!connection.isOwnAffair) {
          this.#texts.push(connection.bound);
        }
        break;
      case "Q":
        this.#texts.push(first);
        this.#roundTrips += 1;
        break;
      case "S":
        this.#roundTrips += connection.isOwnAffair ? 0 : 1;
        connection.isOwnAffair = false;
        break;
      default:
    }
  }
}

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

const LENGTH_BYTES = 4;

/** One client's stream, cut into messages. */
class Connection {
  readonly prepared = new Map<string, string>();
  /** The statement of the last portal. */
  bound = "";
  /** What is being sent is no request's. */
  isOwnAffair = false;
  #rest: Buffer = Buffer.alloc(0);
  /** The first message of a connection has no type. */
  #started = false;

  *read(chunk: Buffer): Iterable<Message> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const typeBytes = this.#started ? 1 : 0;
      if (this.#rest.length < typeBytes + LENGTH_BYTES) {
        return;
      }
      const length = this.#rest.readUInt32BE(typeBytes) + typeBytes;
      if (this.#rest.length < length) {
        return;
      }
      const message = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      if (this.#started) {
        yield {
          type: String.fromCharCode(message[0] ?? 0),
          body: message.subarray(typeBytes + LENGTH_BYTES),
        };
      }
      this.#started = true;
    }
  }
}
