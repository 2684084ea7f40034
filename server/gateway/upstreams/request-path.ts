/** The path of a request in the two ways in which it may be read. */
export interface RequestPath {
  /** As it is sent on: needless escapes taken out, so that everybody after us reads the same. */
  readonly segments: readonly string[];
  /** As the most lenient reader would take it: all escapes decoded, `//`, `/./`, `/../` and `;…` resolved, lower case. */
  readonly lenient: readonly string[];
  /** True where the two readers may disagree about more than case. */
  readonly ambiguous: boolean;
}

/** What makes a path worth a second look. */
const SUSPICIOUS = /[%;\\]|\/\/|\/\.|[^\x21-\x7e]/;
/** Escapes inside of escapes that a careless reader would still decode. */
const DECODE_ROUNDS = 3;

/** Reads the path of a target (`/a/b?c`); the query is left out. */
export function readPath(path: string): RequestPath {
  if (!SUSPICIOUS.test(path)) {
    const segments = path.split("/").slice(1);
    return { segments, lenient: path.toLowerCase().split("/").slice(1), ambiguous: false };
  }
  const canonical = path.replace(/%[0-9a-fA-F]{2}/g, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
  return {
    segments: canonical.split("/").slice(1),
    lenient: lenientSegments(path),
    ambiguous: isAmbiguous(canonical),
  };
}

/** True for text that a reader may split, cut or climb with, or decode once more. */
export function isAmbiguous(canonical: string): boolean {
  return (
    /%(?:2F|5C|00|3B|25(?=[0-9a-fA-F]{2}))|%(?![0-9a-fA-F]{2})|[;\\]|\/\//i.test(canonical) ||
    /(?:^|\/)\.{1,2}(?:\/|$)/.test(canonical) ||
    /[^\x21-\x7e]|%[01][0-9a-f]|%7f/i.test(canonical)
  );
}

/** True where a segment only hides a slash or a parameter in it: what names of records and files may need. */
export function isHarmless(segment: string): boolean {
  return !isAmbiguous(segment.replaceAll(/%2F|%3B|;|%5C/gi, "-"));
}

function lenientSegments(path: string): string[] {
  let text = path;
  for (let round = 0; round < DECODE_ROUNDS && text.includes("%"); round += 1) {
    text = text.replace(/%([0-9a-fA-F]{2})/g, (_escape, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  const resolved: string[] = [];
  for (const raw of text.replaceAll("\\", "/").split("/")) {
    const segment =
      raw
        .split(";", 1)[0]
        ?.replaceAll(/[^\x21-\x7e\x80-\uffff]/g, "")
        .toLowerCase() ?? "";
    if (segment === "..") {
      resolved.pop();
    } else if (segment !== "" && segment !== ".") {
      resolved.push(segment);
    }
  }
  return resolved;
}
