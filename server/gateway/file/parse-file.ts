import { LineCounter, parseDocument, isMap, isPair, isNode, isScalar, type Document } from "yaml";
import { sentenceOf, wrongInputs } from "#kernel";
import { fileShape, type GatewayFile, type OtherSections } from "./gateway-file.ts";

/** Bytes of a gateway file. */
export const FILE_SIZE_MAX_BYTES = 1_048_576;
/** Mistakes that are told at once. */
const MISTAKES_MAX = 20;
/** How often one anchor may be used: bounds what a small file can grow to. */
const ALIASES_MAX = 100;

/** One thing that is wrong with a gateway file. */
export interface FileMistake {
  /** Counted from 1. */
  readonly line: number;
  /** As in `routes.0.to.1.weight`; empty for the file as a whole. */
  readonly path: string;
  /** The rest of a sentence that begins with the path. */
  readonly message: string;
}

export type ParsedFile =
  | { readonly file: GatewayFile; readonly mistakes?: undefined }
  | { readonly file?: undefined; readonly mistakes: readonly FileMistake[] };

/** Reads the text of a gateway file; what is wrong is answered, each with its line and path. */
export function parseFile(text: string, others: OtherSections = {}): ParsedFile {
  if (Buffer.byteLength(text) > FILE_SIZE_MAX_BYTES) {
    return whole(`is larger than ${FILE_SIZE_MAX_BYTES} bytes`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    schema: "core",
    merge: false,
  });
  if (document.errors.length > 0) {
    return {
      mistakes: document.errors.slice(0, MISTAKES_MAX).map(({ pos, message }) => ({
        line: lines.linePos(pos[0]).line,
        path: "",
        message: `is not YAML: ${message}`,
      })),
    };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX }) ?? {};
  } catch (error) {
    return whole(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = fileShape(others).safeParse(value, { error: sentenceOf });
  if (!parsed.success) {
    return {
      mistakes: wrongInputs(parsed.error, MISTAKES_MAX).map(([path, message]) => ({
        line: lines.linePos(offsetOf(document, path)).line,
        path,
        message,
      })),
    };
  }
  const { upstreams, routes, ...rest } = parsed.data;
  return { file: { upstreams, routes, others: rest } };
}

/** One sentence for a log line: `line 12: routes.0.path must be …`. */
export function mistakeText({ line, path, message }: FileMistake): string {
  return `line ${line}: ${path === "" ? "the file" : path} ${message}`;
}

function whole(message: string): ParsedFile {
  return { mistakes: [{ line: 1, path: "", message }] };
}

/** Where in the text the path points; the nearest part above it where it names something that is not there. */
function offsetOf(document: Document, path: string): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path === "" ? [] : path.split(".")) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      if (pair === undefined || !isPair(pair)) {
        break;
      }
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isNode(node) && "items" in node) {
      const items: unknown = node.items;
      node = Array.isArray(items) ? items[Number(part)] : undefined;
      offset = startOf(node) ?? offset;
    } else {
      break;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
