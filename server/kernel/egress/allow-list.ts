import type ipaddr from "ipaddr.js";
import { parseAddress } from "./addresses.ts";

/** What the administrator allows beyond public addresses. */
export interface AllowList {
  /** The name may be asked whatever it resolves to. */
  hasHost(host: string, port: number): boolean;
  /** The address lies in an allowed range. */
  hasAddress(address: string): boolean;
}

/**
 * Reads the setting: each entry is a host name (`erp.example`, `*.corp.example`), a host name with its port
 * (`erp.example:8443`), an address (`10.0.0.7`, `::1`) or a range (`10.0.0.0/8`).
 * Throws a plain error that names the entry: a wrong setting stops the start.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const ranges: Range[] = [];
  const hosts: HostRule[] = [];
  for (const entry of entries.map((text) => text.trim()).filter((text) => text !== "")) {
    const range = parseRange(entry);
    if (range === undefined) {
      hosts.push(parseHost(entry));
    } else {
      ranges.push(range);
    }
  }
  return {
    hasHost: (host, port) => hosts.some((rule) => matchesHost(rule, host, port)),
    hasAddress: (text) => {
      const address = parseAddress(text);
      return address !== undefined && ranges.some((range) => contains(range, address));
    },
  };
}

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

interface HostRule {
  /** Lower case; `.corp.example` stands for every name that ends so. */
  readonly name: string;
  readonly port: number | undefined;
}

function parseRange(entry: string): Range | undefined {
  const [text = "", bits, ...rest] = entry.split("/");
  const address = parseAddress(text);
  if (address === undefined) {
    if (bits !== undefined) {
      throw new Error(`the allowed host "${entry}" is neither a host name, an address nor a range`);
    }
    return undefined;
  }
  const widest = address.kind() === "ipv4" ? 32 : 128;
  const prefix = bits === undefined ? widest : Number(bits);
  if (
    rest.length > 0 ||
    bits?.trim() === "" ||
    !Number.isInteger(prefix) ||
    prefix < 0 ||
    prefix > widest
  ) {
    throw new Error(`the allowed range "${entry}" needs a prefix length from 0 to ${widest}`);
  }
  return [address, prefix];
}

function contains([base, prefix]: Range, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return base.kind() === address.kind() && address.match(base, prefix);
}

const HOST_RULE =
  /^(?<name>(?:\*\.)?[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?)\.?(?::(?<port>\d{1,5}))?$/;

function parseHost(entry: string): HostRule {
  const match = HOST_RULE.exec(entry.toLowerCase());
  const name = match?.groups?.["name"];
  const port = match?.groups?.["port"];
  if (name === undefined || Number(port ?? 1) > 65_535) {
    throw new Error(`the allowed host "${entry}" is neither a host name, an address nor a range`);
  }
  return {
    name: name.startsWith("*") ? name.slice(1) : name,
    port: port === undefined ? undefined : Number(port),
  };
}

function matchesHost(rule: HostRule, host: string, port: number): boolean {
  if (rule.port !== undefined && rule.port !== port) {
    return false;
  }
  return rule.name.startsWith(".") ? host.endsWith(rule.name) : host === rule.name;
}
