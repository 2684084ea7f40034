import ipaddr from "ipaddr.js";

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Finds out who called. `x-forwarded-for` counts only where the connection comes from a trusted proxy, and then from the
 * right: the last address that no trusted proxy has. `trusted` holds addresses and CIDR ranges.
 */
export function callerAddress(
  trusted: readonly string[],
): (remote: string | undefined, forwarded: string | null) => string {
  const ranges = trusted.map(rangeOf);
  const isTrusted = (address: string): boolean => {
    const parsed = parseAddress(address);
    return (
      parsed !== undefined &&
      ranges.some((range) => parsed.kind() === range[0].kind() && parsed.match(range))
    );
  };
  return (remote, forwarded) => {
    // IPv4 over a socket that listens on both kinds.
    const direct = remote?.startsWith("::ffff:") === true ? remote.slice(7) : (remote ?? "");
    if (forwarded === null || ranges.length === 0 || !isTrusted(direct)) {
      return direct;
    }
    const hops = forwarded.split(",").map((hop) => hop.trim());
    for (const hop of hops.toReversed()) {
      const parsed = parseAddress(hop);
      if (parsed === undefined) {
        return direct;
      }
      if (!isTrusted(parsed.toString())) {
        return parsed.toString();
      }
    }
    return direct;
  };
}

function rangeOf(text: string): Range {
  if (text.includes("/")) {
    return ipaddr.parseCIDR(text);
  }
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

/** IPv4 written as IPv6 becomes IPv4. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}
