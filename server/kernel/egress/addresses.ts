import ipaddr from "ipaddr.js";

/**
 * True where the address is one that anybody on the internet may be asked at: global unicast, nothing special about it.
 * Judged on the bytes, so spelling does not matter; an IPv4 address inside an IPv6 one is judged as that IPv4 address.
 * Whatever cannot be read is not public.
 */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) {
    return false;
  }
  return address.kind() === "ipv4"
    ? isPublicIPv4(address as ipaddr.IPv4)
    : isPublicIPv6(address as ipaddr.IPv6);
}

/** One spelling for each address, by the machine that it leads to; the text itself where it is no address. */
export function canonicalAddress(text: string): string {
  const address = parseAddress(text);
  if (address?.kind() === "ipv6" && address.match(NAT64)) {
    return lastIPv4(address as ipaddr.IPv6).toString();
  }
  return address?.toString() ?? text;
}

/** The address, with IPv4-mapped forms folded into IPv4; undefined for anything but a plain address (a zone, a name, a short form). */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const plain = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (ipaddr.IPv4.isValidFourPartDecimal(plain)) {
    return ipaddr.IPv4.parse(plain);
  }
  if (plain.includes(":") && !plain.includes("%") && ipaddr.IPv6.isValid(plain)) {
    const address = ipaddr.IPv6.parse(plain);
    return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
  }
  return undefined;
}

/**
 * Public by its number, private by its use: Azure answers metadata and its host agent there, on every virtual machine.
 * The metadata addresses of other clouds lie in link-local, unique-local, shared or reserved ranges.
 */
const AZURE_WIRE_SERVER = "168.63.129.16";

function isPublicIPv4(address: ipaddr.IPv4): boolean {
  return address.range() === "unicast" && address.toString() !== AZURE_WIRE_SERVER;
}

/** Networks whose every address carries a public IPv4 address in its last 32 bits: how IPv6-only machines reach IPv4 ones. */
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");

/** Only this eighth of the IPv6 space is given out; the IPv4-compatible, local NAT64, unique-local … forms lie outside it. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

function isPublicIPv6(address: ipaddr.IPv6): boolean {
  if (address.match(NAT64)) {
    return isPublicIPv4(lastIPv4(address));
  }
  // 6to4, Teredo and ISATAP also lead to an IPv4 address. Nothing public answers there any more, so they are not followed.
  return address.match(GLOBAL_UNICAST) && address.range() === "unicast" && !isIsatap(address);
}

function lastIPv4(address: ipaddr.IPv6): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

/** RFC 5214: the interface part is `0000:5efe` or `0200:5efe` and an IPv4 address. */
function isIsatap(address: ipaddr.IPv6): boolean {
  const [, , , , high = 0, low = 0] = address.parts;
  return low === 0x5efe && (high & 0xfdff) === 0;
}
