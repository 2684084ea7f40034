import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends bytes as they are and reads until the server closes or the answer is whole; `bodiless` answers only say a length. */
export function rawRequest(port: number, text: string, bodiless = false): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    let received = "";
    const settle = (): void => {
      const answer = parse(received, bodiless);
      if (answer !== undefined) {
        socket.destroy();
        resolve(answer);
      }
    };
    socket.setEncoding("latin1");
    socket.on("connect", () => socket.write(text));
    socket.on("data", (chunk: string) => {
      received += chunk;
      settle();
    });
    socket.on("close", () => {
      const answer = parse(received, bodiless) ?? { status: 0, headers: {}, body: received };
      resolve(answer);
    });
    socket.on("error", (error) => (received === "" ? reject(error) : undefined));
  });
}

function parse(received: string, bodiless: boolean): RawAnswer | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) {
    return undefined;
  }
  const [first = "", ...lines] = received.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = received.slice(end + 4);
  return !bodiless && body.length < Number(headers["content-length"] ?? 0)
    ? undefined
    : { status: Number(first.split(" ")[1]), headers, body };
}
