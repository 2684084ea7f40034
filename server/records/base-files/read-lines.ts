import { badBaseFile, baseFileTooLarge } from "./problems.ts";

/** Lines of one batch, and how much text makes a batch full: what is done with one must not keep others waiting. */
const BATCH_LINES_MAX = 1_000;
const BATCH_SIZE_BYTES = 192 * 1024;
/** One line, bytes: more than any record can have in practice, and bounded memory. */
const LINE_SIZE_MAX_BYTES = 64 * 1024 * 1024;

const LINE_FEED = 10;

export interface Line {
  /** From 1. */
  readonly at: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * The objects of an entry of JSON lines, in batches that bound memory.
 * Problems: `records.bad-base-file`, `records.base-file-too-large`, and what the source throws.
 */
export async function* readLines(
  entry: string,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Line[], void, undefined> {
  let batch: Line[] = [];
  let batchBytes = 0;
  let at = 0;
  for await (const bytes of lineBytes(entry, source)) {
    at += 1;
    batch.push({ at, value: parseLine(entry, at, bytes) });
    batchBytes += bytes.length;
    if (batch.length >= BATCH_LINES_MAX || batchBytes >= BATCH_SIZE_BYTES) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
  }
  if (batch.length > 0) {
    yield batch;
  }
}

async function* lineBytes(
  entry: string,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      const rest = chunk.subarray(from, end);
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
      begun = [];
      begunBytes = 0;
      from = end + 1;
    }
    if (from < chunk.length) {
      begun.push(chunk.subarray(from));
      begunBytes += chunk.length - from;
    }
    if (begunBytes > LINE_SIZE_MAX_BYTES) {
      throw baseFileTooLarge(
        `has a line of more than ${LINE_SIZE_MAX_BYTES} bytes in ${JSON.stringify(entry)}`,
      );
    }
  }
  if (begunBytes > 0) {
    throw badBaseFile(entry, "ends in the middle of a line");
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parseLine(entry: string, at: number, bytes: Uint8Array): Line["value"] {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw badBaseFile(entry, `has no JSON in line ${at}`, error);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badBaseFile(entry, `has no object in line ${at}`);
  }
  return value as Line["value"];
}
