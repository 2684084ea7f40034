import { fetchAttachment, FETCH_INLINE_TIMEOUT_MS, type Attachment } from "#files";
import { newId, Problem, QUOTA_EXCEEDED, usageGate, withScope, type Scope } from "#kernel";
import type { AttachmentInput, StoredAttachment } from "../field-types/field-type.ts";
import { badAttachment } from "../field-types/refusals.ts";
import type { Field } from "../schema/base-schema.ts";
import { isFileList, type CellPlan } from "./plan-cells.ts";

/** Files of one call that are fetched at the same time at most. */
const FETCHES_MAX = 4;
/** How long a file may take after the write has been answered, milliseconds. */
const FETCH_TIMEOUT_MS = 120_000;

type FetchInput = AttachmentInput & { readonly kind: "fetch" };

/** A file that was not here when the write had waited long enough: the cell shows where it comes from until it is. */
export interface LateFile {
  readonly shown: StoredAttachment;
  /** The file, or nothing where it could not be had; never rejects. */
  readonly finished: Promise<Attachment | undefined>;
}

/** What became of the files that a call names by address; those that could not be had are missing, as at Airtable. */
export interface FetchedFiles {
  readonly here: ReadonlyMap<AttachmentInput, Attachment>;
  readonly late: ReadonlyMap<AttachmentInput, LateFile>;
}

export const noFiles: FetchedFiles = { here: new Map(), late: new Map() };

/**
 * Fetches the files that a call names by address, before any transaction is open, and waits five seconds for all of them
 * together.
 * Problems: `records.bad-attachment` where an address may not be used at all, `kernel.quota-exceeded`.
 */
export async function fetchFiles(
  scope: Scope,
  plan: CellPlan,
  base: { readonly baseId: string },
): Promise<FetchedFiles> {
  const inTime = Promise.withResolvers<"late">();
  const timer = setTimeout(() => inTime.resolve("late"), FETCH_INLINE_TIMEOUT_MS);
  const here = new Map<AttachmentInput, Attachment>();
  const late = new Map<AttachmentInput, LateFile>();
  const turn = turns(FETCHES_MAX);
  const fetchOrLeave = async ([field, input]: readonly [Field, FetchInput]): Promise<void> => {
    const id = newId("att");
    const fetching = turn(() => fetchFile(scope, input, { ...base, id }));
    const outcome = await Promise.race([fetching, inTime.promise]).catch((error: unknown) =>
      leftOut(scope, field, error),
    );
    if (outcome === "late") {
      late.set(input, {
        shown: { id, filename: nameOf(input), sourceUrl: input.url },
        finished: fetching.catch((error: unknown) => noted(scope, error)),
      });
    } else if (outcome !== undefined) {
      here.set(input, outcome);
    }
  };
  try {
    await Promise.all(filesWanted(plan).map(fetchOrLeave));
  } finally {
    clearTimeout(timer);
  }
  return { here, late };
}

/**
 * The files of a cell: those fetched or on their way, and those kept from what the cell held.
 * Problem: `records.bad-attachment` for a kept id that the cell does not hold.
 */
export function settledFiles(
  field: Field,
  inputs: readonly AttachmentInput[],
  known: { readonly fetched: FetchedFiles; readonly held: readonly StoredAttachment[] },
): readonly StoredAttachment[] | null {
  const files = inputs.flatMap((input): StoredAttachment[] => {
    if (input.kind === "fetch") {
      const file = known.fetched.here.get(input) ?? known.fetched.late.get(input)?.shown;
      return file === undefined ? [] : [file];
    }
    const kept = known.held.find((file) => file.id === input.id);
    if (kept === undefined) {
      throw badAttachment(field, `the record has no attachment ${input.id}`);
    }
    return [input.filename === undefined ? kept : { ...kept, filename: input.filename }];
  });
  return files.length === 0 ? null : files;
}

function filesWanted(plan: CellPlan): (readonly [Field, FetchInput])[] {
  return plan.rows.flatMap(({ cells }) =>
    [...cells].flatMap(([field, value]) =>
      (isFileList(value) ? value : []).flatMap((input) =>
        input.kind === "fetch" ? [[field, input] as const] : [],
      ),
    ),
  );
}

/** The fetch outlives the request that asked for it. */
async function fetchFile(
  scope: Scope,
  { url, filename }: FetchInput,
  { baseId, id }: { readonly baseId: string; readonly id: `att${string}` },
): Promise<Attachment> {
  const detached = withScope(scope, { signal: new AbortController().signal });
  const gate = scope.parts.of(usageGate);
  // Where there is no room at all nothing is fetched; how much is needed shows afterwards.
  gate.require({ baseId }, "storage", 0);
  const how = { id, timeoutMs: FETCH_TIMEOUT_MS };
  const file = await fetchAttachment(detached, { url, filename }, how);
  gate.require({ baseId }, "storage", file.size);
  return file;
}

function leftOut(scope: Scope, field: Field, error: unknown): undefined {
  if (error instanceof Problem && error.code === "files.address-not-allowed") {
    throw badAttachment(field, "address not allowed");
  }
  if (
    !(error instanceof Problem) ||
    error.kind === "too-many-requests" ||
    error.code === QUOTA_EXCEEDED
  ) {
    throw error;
  }
  return noted(scope, error);
}

function noted(scope: Scope, error: unknown): undefined {
  const { requestId } = scope;
  scope.log.info(
    { error: String(error), requestId },
    "an attachment could not be fetched and disappears",
  );
  return undefined;
}

function nameOf({ url, filename }: FetchInput): string {
  return (
    filename ?? (decodeURIComponentOr(new URL(url).pathname.split("/").at(-1) ?? "") || "file")
  );
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Lets so many run at once; the others wait for a turn. */
function turns(max: number): <T>(run: () => Promise<T>) => Promise<T> {
  let free = max;
  const waiting: (() => void)[] = [];
  return async (run) => {
    if (free === 0) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    } else {
      free -= 1;
    }
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) {
        free += 1;
      } else {
        next();
      }
    }
  };
}
