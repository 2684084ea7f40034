import { isDeepStrictEqual } from "node:util";
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { ShadowSpec } from "../file/route-shape.ts";

/** An answer as it was captured. */
export interface CapturedAnswer {
  readonly status: number;
  readonly type: string;
  readonly encoding: string;
  /** Undefined where it was larger than is kept. */
  readonly body: Buffer | undefined;
  readonly ms: number;
}

/** One place in which two answers differ. */
export interface Difference {
  /** `status`, `body`, or a path into the JSON. */
  readonly path: string;
  readonly primary: string;
  readonly shadow: string;
}

/** Differences of one pair that are told. */
const DIFFERENCES_MAX = 10;
/** Values of an example are cut here, characters. */
const VALUE_MAX_CHARACTERS = 200;
/** A compressed body may not grow beyond this, bytes. */
const DECODED_MAX_BYTES = 16_777_216;

/** Compares two answers; empty where they are alike. */
export function compareAnswers(
  primary: CapturedAnswer,
  shadow: CapturedAnswer,
  spec: Pick<ShadowSpec, "compare" | "ignore" | "showValues">,
): Difference[] {
  const differences: Difference[] = [];
  if (primary.status !== shadow.status) {
    differences.push({
      path: "status",
      primary: String(primary.status),
      shadow: String(shadow.status),
    });
  }
  if (primary.body === undefined || shadow.body === undefined) {
    return differences;
  }
  const [one, other] = [jsonOf(primary), jsonOf(shadow)];
  const show = (value: unknown): string => (spec.showValues ? shown(value) : kindOf(value));
  if (one === undefined || other === undefined) {
    const [a, b] = [decoded(primary), decoded(shadow)];
    if (a === undefined || b === undefined || !a.equals(b)) {
      differences.push({ path: "body", primary: sizeOf(a), shadow: sizeOf(b) });
    }
    return differences;
  }
  const left = selected(one.value, spec);
  const right = selected(other.value, spec);
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    if (
      differences.length < DIFFERENCES_MAX &&
      !isDeepStrictEqual(left.get(path), right.get(path))
    ) {
      const [a, b] = [left.get(path), right.get(path)];
      differences.push({ path, primary: show(a), shadow: show(b) });
    }
  }
  return differences;
}

/** Every leaf that counts, by its path. */
function selected(
  value: unknown,
  { compare, ignore }: Pick<ShadowSpec, "compare" | "ignore">,
): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  collect(value, "", leaves);
  const wanted = compare.map(pattern);
  const unwanted = ignore.map(pattern);
  for (const path of leaves.keys()) {
    const isWanted = wanted.length === 0 || wanted.some((one) => one.test(path));
    if (!isWanted || unwanted.some((one) => one.test(path))) {
      leaves.delete(path);
    }
  }
  return leaves;
}

function collect(value: unknown, path: string, leaves: Map<string, unknown>): void {
  if (Array.isArray(value) && value.length > 0) {
    value.forEach((each, at) => collect(each, `${path}[${at}]`, leaves));
  } else if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
    for (const [name, each] of Object.entries(value)) {
      collect(each, path === "" ? name : `${path}.${name}`, leaves);
    }
  } else {
    leaves.set(path === "" ? "body" : path, value);
  }
}

/** `records[*].id` as an expression over the paths of leaves; whatever lies below counts as well. */
function pattern(path: string): RegExp {
  const bare = path.replace(/^\$\.?/, "");
  const source = bare.replaceAll(/[.[\]*\\]/g, (character) =>
    character === "*" ? "\\d+" : `\\${character}`,
  );
  return new RegExp(`^${source}(?:[.[]|$)`);
}

function jsonOf(answer: CapturedAnswer): { readonly value: unknown } | undefined {
  if (!/[/+]json\b/.test(answer.type)) {
    return undefined;
  }
  try {
    return { value: JSON.parse(decoded(answer)?.toString() ?? "") as unknown };
  } catch {
    return undefined;
  }
}

function decoded({ body, encoding }: CapturedAnswer): Buffer | undefined {
  const limit = { maxOutputLength: DECODED_MAX_BYTES };
  if (body === undefined) {
    return undefined;
  }
  try {
    switch (encoding) {
      case "":
      case "identity":
        return body;
      case "gzip":
      case "x-gzip":
        return gunzipSync(body, limit);
      case "br":
        return brotliDecompressSync(body, limit);
      case "deflate":
        return inflateSync(body, limit);
      case "zstd":
        return zstdDecompressSync(body, limit);
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

/** What a value is, without saying it: answers hold what people wrote. */
function kindOf(value: unknown): string {
  if (typeof value === "string") {
    return `text of ${value.length} characters`;
  }
  if (value === undefined) {
    return "nothing";
  }
  if (value === null) {
    return "null";
  }
  return Array.isArray(value)
    ? "an empty list"
    : typeof value === "object"
      ? "an empty object"
      : typeof value === "boolean"
        ? String(value)
        : "a number";
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, VALUE_MAX_CHARACTERS);
}

function sizeOf(body: Buffer | undefined): string {
  return body === undefined ? "unreadable" : `${body.length} bytes`;
}
