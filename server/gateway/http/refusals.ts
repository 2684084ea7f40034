import type { IncomingMessage } from "node:http";
import { type AirtableError, Problem } from "#kernel";

/** Characters of path and query. Source: contract, limits. */
export const TARGET_MAX_CHARACTERS = 16_000;

/**
 * What `node:http` lets through and we do not: two `Host` headers or none, and a target that is a whole URL. Proxies
 * and servers that read those differently can be played against each other.
 * Problems (answered, not thrown): `gateway.host-header`, `gateway.absolute-target`, `gateway.target-too-long`.
 */
export function refusalOf(message: IncomingMessage): Problem | undefined {
  const { url = "", rawHeaders, httpVersionMinor } = message;
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
    return new Problem("malformed", "gateway.absolute-target", {
      message: "The target of a request must be a path.",
      airtable: badRequest("The target of a request must be a path"),
    });
  }
  const hosts = hostsOf(rawHeaders);
  const [host] = hosts;
  if (
    hosts.length > 1 ||
    (host === undefined && httpVersionMinor > 0) ||
    (host !== undefined && !isHost(host))
  ) {
    return new Problem("malformed", "gateway.host-header", {
      message: "A request names exactly one host.",
      airtable: badRequest("A request names exactly one host"),
    });
  }
  return undefined;
}

function badRequest(message: string): AirtableError {
  return { type: "INVALID_REQUEST_UNKNOWN", message, status: 400 };
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
