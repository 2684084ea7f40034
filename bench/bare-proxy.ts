import { createServer } from "node:http";
import { Pool } from "undici";

// The floor: the least that Node can do to pass a request on, `node bench/bare-proxy.ts UPSTREAM PORT`. No limits, no metrics, no
// log, no time limits, no retries, none of the headers that tell an upstream who calls. What Basalt needs beyond this is its own;
// what this needs beyond nginx is Node's. `bench/proxy.ts` runs it in the same alternation.
const [, , upstream = "", port = "0"] = process.argv;
const pool = new Pool(upstream, {
  connections: 128,
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
});

createServer({ noDelay: true }, (message, response) => {
  const headers = message.rawHeaders.filter(
    (_, at, all) => all[at - (at % 2)]?.toLowerCase() !== "connection",
  );
  const chunks: Buffer[] = [];
  pool.dispatch(
    { path: "/return", method: "GET", headers },
    {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status, answered) => {
        response.writeHead(status, {
          "content-type": String(answered["content-type"]),
          "content-length": String(answered["content-length"]),
        });
      },
      onResponseData: (_controller, chunk) => chunks.push(chunk),
      onResponseEnd: () => response.end(Buffer.concat(chunks).toString("latin1"), "latin1"),
      onResponseError: () => response.destroy(),
    },
  );
}).listen(Number(port), "127.0.0.1");
