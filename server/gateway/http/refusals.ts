import type { IncomingMessage } from "node:http";
import { Problem } from "#kernel";

/** Characters of path and query. Source: contract, limits. */
export const TARGET_MAX_CHARACTERS = 16_000;

/** Headers of one request. Browsers send some 30. */
export const HEADERS_MAX = 128;

/**
 * What `node:http` lets through and we do not: two `Host` headers or none, a target that is no plain path, a transfer coding
 * that is not `chunked` alone. Proxies and servers that read those differently can be played against each other.
 * Problems (answered, not thrown): `gateway.host-header`, `gateway.absolute-target`, `gateway.bad-target`, `gateway.target-too-long`,
 * `gateway.transfer-coding`, `gateway.too-many-headers`.
 */
export function refusalOf(message: IncomingMessage): Problem | undefined {
  const { url = "", headers, rawHeaders, httpVersionMajor, httpVersionMinor } = message;
  if (url.length > TARGET_MAX_CHARACTERS) {
    return new Problem("uri-too-long", "gateway.target-too-long", {
      message: `The address is longer than ${TARGET_MAX_CHARACTERS} characters; send the parameters in a body (listRecords).`,
      airtable: {
        type: "URI_TOO_LONG",
        message: `The address is longer than ${TARGET_MAX_CHARACTERS} characters`,
      },
    });
  }
  if (!url.startsWith("/")) {
    return malformed("gateway.absolute-target", "The target of a request must be a path.");
  }
  if (httpVersionMajor < 1) {
    return malformed("gateway.not-http", "A request names its version of HTTP.");
  }
  if (!PLAIN_TARGET.test(url)) {
    return malformed(
      "gateway.bad-target",
      "The target of a request has characters that must be percent-encoded.",
    );
  }
  if (rawHeaders.length > 2 * HEADERS_MAX) {
    return new Problem("headers-too-large", "gateway.too-many-headers", {
      message: `A request has at most ${HEADERS_MAX} headers.`,
    });
  }
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && (coding.toLowerCase() !== "chunked" || httpVersionMinor === 0)) {
    return malformed(
      "gateway.transfer-coding",
      "The body of a request may be sent in chunks and in no other coding.",
    );
  }
  const hosts = hostsOf(rawHeaders);
  const [host] = hosts;
  if (
    hosts.length > 1 ||
    (host === undefined && httpVersionMinor > 0) ||
    (host !== undefined && !isHost(host)) ||
    (httpVersionMajor === 2 && !isHost(headers.host ?? ""))
  ) {
    return malformed("gateway.host-header", "A request names exactly one host.");
  }
  return undefined;
}

/** What a path and query may consist of; of the rest, readers disagree about `\\` and `#` above all. */
const PLAIN_TARGET = /^[!$-;=?-[\]_a-z{|}~^`"<>]*$/;

function malformed(code: string, message: string): Problem {
  return new Problem("malformed", code, {
    message,
    airtable: { type: "INVALID_REQUEST_UNKNOWN", message: message.slice(0, -1), status: 400 },
  });
}

function hostsOf(rawHeaders: readonly string[]): string[] {
  const hosts: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") {
      hosts.push(rawHeaders[at + 1] ?? "");
    }
  }
  return hosts;
}

/** Nearly every request of a connection names the host of the one before. */
let lastGoodHost = "";

function isHost(text: string): boolean {
  if (text === lastGoodHost) {
    return true;
  }
  const isGood =
    /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(text) &&
    URL.canParse(`http://${text}`);
  if (isGood) {
    lastGoodHost = text;
  }
  return isGood;
}
