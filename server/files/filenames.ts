/** Longest file name that is kept, UTF-8 bytes: what file systems take, so that a download can be saved under it. */
export const FILENAME_MAX_BYTES = 255;

/** Longest ending that is kept when a name is cut, characters with the dot. */
const EXTENSION_LENGTH_MAX = 16;

/** Controls, and the marks that turn the writing direction: `gpj.exe` must not read as `exe.jpg`. */
const INVISIBLE = /[\p{Cc}\u{61c}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{feff}]/gu;

/**
 * The name as it is kept and shown: one line, no path, nothing invisible that misleads, at most 255 bytes. Everything else
 * stays, emoji and all writing systems included. Where nothing is left, `fallback`.
 */
export function cleanFilename(name: string, fallback = "attachment"): string {
  const plain = withoutFolders(name.toWellFormed().normalize("NFC").replaceAll(INVISIBLE, ""));
  const cleaned = shortened(plain.trim()).trim();
  return /^\.*$/.test(cleaned) ? fallback : cleaned;
}

/** The name that a URL or an answer suggests; a placeholder with the ending of the type where neither does. */
export function suggestedFilename(source: {
  readonly url: URL;
  readonly disposition: string | undefined;
  readonly type: string;
}): string {
  const inUrl = cleanFilename(decoded(source.url.pathname.split("/").at(-1) ?? ""), "");
  const inHeader = cleanFilename(dispositionFilename(source.disposition ?? "") ?? "", "");
  // A last segment without an ending (`/download?id=7`) names what is done there, not the file.
  const [first, second] = inUrl.includes(".") ? [inUrl, inHeader] : [inHeader, inUrl];
  return first || second || `a${extensionOf(source.type)}`;
}

/** `Content-Disposition`, with the whole name as RFC 6266 says and a plain one for old clients. */
export function contentDisposition(kind: "inline" | "attachment", filename: string): string {
  const ascii = filename.replaceAll(/[^\x20-\x7e]/g, "_").replaceAll(/["\\%]/g, "_");
  const encoded = encodeURIComponent(filename).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** A path keeps its last part only; a slash within a name (`3/2026.pdf`) becomes a low line. */
function withoutFolders(name: string): string {
  const isPath = /^[/\\]|^[A-Za-z]:\\|(?:^|[/\\])\.{1,2}[/\\]/.test(name);
  const last = isPath ? (name.split(/[/\\]/).at(-1) ?? "") : name;
  return last.replaceAll(/[/\\]/g, "_");
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= FILENAME_MAX_BYTES) {
    return name;
  }
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot <= EXTENSION_LENGTH_MAX ? name.slice(dot) : "";
  let room = FILENAME_MAX_BYTES - Buffer.byteLength(extension);
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(name.slice(0, FILENAME_MAX_BYTES))) {
    room -= Buffer.byteLength(segment);
    if (room < 0) {
      break;
    }
    kept += segment;
  }
  return kept + extension;
}

/** RFC 6266: `filename*` before `filename`; whatever is malformed is as good as absent. */
function dispositionFilename(header: string): string | undefined {
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(header)?.[1];
  if (extended !== undefined) {
    return decoded(extended);
  }
  const [, quoted, token] =
    /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))/i.exec(header) ?? [];
  return quoted?.replaceAll(/\\(.)/g, "$1") ?? token;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["image/jpeg", ".jpg"],
  ["image/png", ".png"],
  ["image/gif", ".gif"],
  ["image/webp", ".webp"],
  ["image/avif", ".avif"],
  ["image/svg+xml", ".svg"],
  ["application/pdf", ".pdf"],
  ["application/json", ".json"],
  ["application/zip", ".zip"],
  ["application/xml", ".xml"],
  ["text/plain", ".txt"],
  ["text/csv", ".csv"],
  ["text/html", ".html"],
  ["audio/mpeg", ".mp3"],
  ["video/mp4", ".mp4"],
]);

function extensionOf(type: string): string {
  return EXTENSIONS.get(type) ?? "";
}
