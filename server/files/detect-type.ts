/** First bytes of a file that are looked at, bytes. Enough for the containers (Office files are ZIPs) and bounded work. */
export const HEAD_SIZE_BYTES = 65_536;

/** What is known of a file before its type is. */
export interface UntypedFile {
  /** The first bytes, at most `HEAD_SIZE_BYTES` of them are looked at. */
  readonly head: Uint8Array;
  readonly filename: string;
  /** What the sender says. */
  readonly claimed?: string | undefined;
}

const UNKNOWN = "application/octet-stream";

/**
 * The media type: by the first bytes where they tell; else what is claimed, or what the name's ending says, as long as that
 * is a kind of file that has no mark of its own (text, CSV, JSON, SVG …). A claimed PNG without a PNG's mark is no PNG.
 */
export async function detectType(file: UntypedFile): Promise<string> {
  const claimed = parseType(file.claimed);
  const found = await typeByMark(file.head.subarray(0, HEAD_SIZE_BYTES));
  if (found !== undefined && !isMoreExact(claimed, found)) {
    return found;
  }
  const named = EXTENSION_TYPES.get(
    /\.([a-z0-9]{1,8})$/.exec(file.filename.toLowerCase())?.[1] ?? "",
  );
  const likely = [claimed, named].find((type) => type !== undefined && isUnmarked(type));
  if (likely !== undefined) {
    return likely;
  }
  return isPlainText(file.head) ? "text/plain" : UNKNOWN;
}

/** The detector is large and rarely needed, so it is loaded by the first file. */
async function typeByMark(head: Uint8Array): Promise<string | undefined> {
  const { fileTypeFromBuffer } = await import("file-type");
  try {
    return (await fileTypeFromBuffer(head))?.mime;
  } catch {
    // A container that was cut or forged makes the detector throw: it has no type that one could rely on.
    return undefined;
  }
}

/** `type/subtype` in lower case, without parameters; undefined for anything else. */
function parseType(text: string | undefined): string | undefined {
  const [plain = ""] = (text ?? "").split(";");
  const type = plain.trim().toLowerCase();
  return type.length <= 127 && /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/.test(type)
    ? type
    : undefined;
}

/** XML is the mark of many formats; ZIP only of those that the detector does not know by name. */
function isMoreExact(claimed: string | undefined, found: string): boolean {
  return (
    found === "application/xml" && (claimed?.endsWith("+xml") === true || claimed === "text/xml")
  );
}

function isUnmarked(type: string): boolean {
  return (
    type.startsWith("text/") ||
    /[+/](?:json|xml|yaml|toml|x-ndjson|sql|javascript|ecmascript)$/.test(type)
  );
}

function isPlainText(head: Uint8Array): boolean {
  if (head.length === 0 || head.includes(0)) {
    return false;
  }
  try {
    // The head may end within a character; a stream may, too.
    new TextDecoder("utf-8", { fatal: true }).decode(head.subarray(0, HEAD_SIZE_BYTES), {
      stream: true,
    });
    return true;
  } catch {
    return false;
  }
}

const EXTENSION_TYPES: ReadonlyMap<string, string> = new Map([
  ["txt", "text/plain"],
  ["log", "text/plain"],
  ["csv", "text/csv"],
  ["tsv", "text/tab-separated-values"],
  ["md", "text/markdown"],
  ["html", "text/html"],
  ["htm", "text/html"],
  ["css", "text/css"],
  ["ics", "text/calendar"],
  ["vcf", "text/vcard"],
  ["js", "text/javascript"],
  ["json", "application/json"],
  ["xml", "application/xml"],
  ["svg", "image/svg+xml"],
  ["yaml", "application/yaml"],
  ["yml", "application/yaml"],
  ["sql", "application/sql"],
]);
