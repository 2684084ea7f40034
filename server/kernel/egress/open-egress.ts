import { lookup as resolveName } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import type { Agent, buildConnector } from "undici";
import { canonicalAddress } from "./addresses.ts";
import { parseAllowList, type AllowList } from "./allow-list.ts";
import type { Egress } from "./egress.ts";
import { sendRequest } from "./send-request.ts";
import { addressNotAllowed, isAllowedAddress } from "./targets.ts";

/** Sockets to one origin; more requests wait, within their own time. */
const CONNECTIONS_PER_ORIGIN = 16;

/** One connect, TLS included, milliseconds. The request's own time ends it earlier. */
const CONNECT_TIMEOUT_MS = 10_000;

/** An unused socket is kept so long, milliseconds. Short: each new connect judges the address anew. */
const KEEP_ALIVE_TIMEOUT_MS = 4_000;

/** Addresses of one name that are tried; a name with hundreds would be a list of doors to knock at. */
const ADDRESSES_MAX = 8;

/** What still runs at the end gets so long, milliseconds. */
const CLOSE_TIMEOUT_MS = 3_000;

export interface EgressOptions {
  /** Host names, `name:port`, addresses and ranges that may be reached although they are not public. */
  readonly allow: readonly string[];
  /** Finds the addresses of a name. The operating system's way by default, hosts file included. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /**
   * Addresses of this machine as `canonicalAddress` spells them, which are refused however public they are: what listens
   * there may trust its neighbours.
   */
  readonly ownAddresses?: () => ReadonlySet<string>;
}

/**
 * Opens the way out. The HTTP client is loaded by the first request.
 * Throws a plain error that names the entry when `allow` has one that cannot be read.
 */
export function openEgress(options: EgressOptions): Egress {
  const judge: Judge = {
    allowList: parseAllowList(options.allow),
    resolve: options.resolve ?? systemAddresses,
    ownAddresses: options.ownAddresses ?? addressesOfThisMachine,
  };
  let agent: Promise<Agent> | undefined;
  return {
    send: async (request) => {
      agent ??= openAgent(judge);
      return sendRequest({ agent: await agent, allowList: judge.allowList }, request);
    },
    close: async () => {
      await closeAgent(await agent);
    },
  };
}

interface Judge {
  readonly allowList: AllowList;
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly ownAddresses: () => ReadonlySet<string>;
}

/** Waits for what runs, but not for ever: a connect to a black hole cannot be called back. */
async function closeAgent(agent: Agent | undefined): Promise<void> {
  const late = setTimeout(() => void agent?.destroy(), CLOSE_TIMEOUT_MS);
  await agent?.close();
  clearTimeout(late);
}

async function openAgent(judge: Judge): Promise<Agent> {
  const undici = await import("undici");
  return new undici.Agent({
    connections: CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connect: pinnedConnector(judge, undici.buildConnector),
  });
}

/**
 * Connects only to addresses that were judged: the look-up that the socket itself makes is ours, so there is no second one
 * that could answer differently. An address in place of a name never reaches a look-up and is judged here.
 */
function pinnedConnector(judge: Judge, build: typeof buildConnector): buildConnector.connector {
  return (options, callback) => {
    const { hostname } = options;
    const port = Number(
      options.port === "" ? (options.protocol === "https:" ? 443 : 80) : options.port,
    );
    if (
      isIP(hostname) !== 0 &&
      !judge.allowList.hasHost(hostname, port) &&
      !isReachable(judge, hostname)
    ) {
      callback(addressNotAllowed(), null);
      return;
    }
    const lookup: LookupFunction = (_name, wanted, done) => {
      reachableAddresses(judge, hostname, port).then(
        (found) => {
          const [first] = found;
          if (wanted.all === true) {
            done(null, found);
          } else {
            done(null, first.address, first.family);
          }
        },
        (error: NodeJS.ErrnoException) => done(error, []),
      );
    };
    build({ lookup, autoSelectFamily: true, timeout: CONNECT_TIMEOUT_MS, allowH2: false })(
      options,
      callback,
    );
  };
}

interface PinnedAddress {
  readonly address: string;
  readonly family: number;
}

async function reachableAddresses(
  judge: Judge,
  host: string,
  port: number,
): Promise<[PinnedAddress, ...PinnedAddress[]]> {
  const name = host.replace(/\.$/, "");
  const found = await judge.resolve(name);
  const open = judge.allowList.hasHost(name, port)
    ? found
    : found.filter((address) => isReachable(judge, address));
  const pinned = open
    .filter((address) => isIP(address) !== 0)
    .map((address) => ({ address, family: isIP(address) }));
  const [first, ...rest] = pinned.slice(0, ADDRESSES_MAX);
  if (first === undefined) {
    throw addressNotAllowed();
  }
  return [first, ...rest];
}

function isReachable(judge: Judge, address: string): boolean {
  if (judge.allowList.hasAddress(address)) {
    return true;
  }
  return (
    isAllowedAddress(address, judge.allowList) &&
    !judge.ownAddresses().has(canonicalAddress(address))
  );
}

async function systemAddresses(host: string): Promise<readonly string[]> {
  const found = await resolveName(host, { all: true, order: "verbatim" });
  return found.map(({ address }) => address);
}

function addressesOfThisMachine(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return new Set(all.map(({ address }) => canonicalAddress(address)));
}
