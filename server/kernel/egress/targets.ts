import { Problem } from "../problem.ts";
import { isPublicAddress, parseAddress } from "./addresses.ts";
import type { AllowList } from "./allow-list.ts";

/** Longest URL that is followed, characters. What servers in general take is half of it. */
export const URL_LENGTH_MAX = 16_000;

/**
 * The URL, if it is one that may be asked: http or https, no user in it, no port of another protocol, and where the host is
 * an address already, an allowed one. Names are judged by their addresses when the connection is made.
 * Problems: `kernel.egress-url`, `kernel.egress-address`.
 */
export function parseTarget(text: string, allowList: AllowList, base?: URL): URL {
  const url = text.length > URL_LENGTH_MAX ? null : URL.parse(text, base);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new Problem("invalid", "kernel.egress-url", {
      message: "The URL must be a whole http or https URL.",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new Problem("invalid", "kernel.egress-url", {
      message: "The URL must not carry a user name or a password.",
    });
  }
  const host = hostOf(url);
  const port = portOf(url);
  if (allowList.hasHost(host, port)) {
    return url;
  }
  if (UNSAFE_PORTS.has(port)) {
    throw new Problem("invalid", "kernel.egress-url", {
      message: "The port of the URL belongs to another protocol.",
    });
  }
  if (METADATA_NAMES.has(host) || (isLiteral(url) && !isAllowedAddress(host, allowList))) {
    throw addressNotAllowed();
  }
  return url;
}

/** The one thing that a caller learns about a forbidden address: not which one it is, nor whether anything answers there. */
export function addressNotAllowed(): Problem {
  return new Problem("invalid", "kernel.egress-address", { message: "address not allowed" });
}

/** True for public addresses and for what the administrator added. */
export function isAllowedAddress(address: string, allowList: AllowList): boolean {
  return isPublicAddress(address) || allowList.hasAddress(address);
}

/** The host as it is compared: no brackets, no trailing dot (which would make another name of the same host). */
export function hostOf(url: URL): string {
  const host = url.hostname.replace(/\.$/, "");
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

export function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

function isLiteral(url: URL): boolean {
  return url.hostname.startsWith("[") || parseAddress(hostOf(url)) !== undefined;
}

/** Names under which clouds serve a machine its credentials. Their addresses are refused too; a name may resolve anew. */
const METADATA_NAMES: ReadonlySet<string> = new Set([
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "metadata.azure.internal",
  "metadata.tencentyun.com",
  "instance-data",
  "instance-data.ec2.internal",
]);

/**
 * Ports on which another protocol answers, and would take a request's lines as its own commands (mail above all). The list
 * is the one that browsers refuse: https://fetch.spec.whatwg.org/#port-blocking. Every other port may be asked, because
 * webhooks and files are served on all kinds of them; a host that the administrator allows is not held to the list.
 */
const UNSAFE_PORTS: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
  6669, 6679, 6697, 10080,
]);
