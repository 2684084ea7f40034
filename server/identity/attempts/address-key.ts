import ipaddr from "ipaddr.js";

const PREFIX_BITS = 64;
const UNKNOWN = "unknown";

/**
 * What an address is counted under: IPv4 whole, also when it comes mapped into IPv6; of IPv6 the /64, since one
 * customer has that many addresses.
 */
export function addressKey(address: string): string {
  const [plain = ""] = address.split("%");
  if (!ipaddr.isValid(plain)) {
    return UNKNOWN;
  }
  const parsed = ipaddr.process(plain);
  return parsed instanceof ipaddr.IPv6 ? `${networkOf(parsed)}/${PREFIX_BITS}` : parsed.toString();
}

function networkOf(address: ipaddr.IPv6): string {
  return address.parts
    .slice(0, PREFIX_BITS / 16)
    .map((part) => part.toString(16))
    .join(":");
}
