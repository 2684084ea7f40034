import {
  ATTACHMENT_FILENAME_MAX_CHARACTERS,
  ATTACHMENT_URL_MAX_CHARACTERS,
  attachmentOptions,
  ATTACHMENTS_PER_CELL_MAX,
} from "@basalt/contract";
import { isId } from "#kernel";
import { joinList, longerThan } from "./cell-text.ts";
import type {
  AttachmentInput,
  Field,
  FieldType,
  ReadContext,
  StoredAttachment,
  WriteContext,
} from "./field-type.ts";
import { badAttachment, cellRefused, checkOptions } from "./refusals.ts";
import { filenameKeys } from "./sort-keys.sql.ts";

/** What is kept about an attachment field. */
export interface AttachmentOptions {
  readonly isReversed: boolean;
}

/**
 * Files, in order. `parse` gives what to keep and what to fetch; the caller turns that into `StoredAttachment[]`.
 * Addresses are signed at each read.
 */
export const multipleAttachments: FieldType<AttachmentOptions> = {
  name: "multipleAttachments",
  computed: false,
  primaryAllowed: false,
  creatable: "yes",
  recordsetType: "jsonb",
  mergeType: null,
  needs: "files",
  column: () => ({ own: true, sqlType: "jsonb" }),
  createOptions: (input, context) => checkOptions(attachmentOptions, input ?? {}, context),
  changeOptions: (input, current, context) =>
    checkOptions(attachmentOptions, { ...current, ...asObject(input) }, context),
  airtableOptions: (options) => options,
  parse(value, field, context) {
    if (value === null) {
      return null;
    }
    if (!Array.isArray(value)) {
      throw cellRefused(field);
    }
    return bounded(
      value.map((element: unknown) => readElement(element, field, context)),
      field,
    );
  },
  typecast(value, field, context) {
    if (value === null) {
      return null;
    }
    if (typeof value === "string") {
      return bounded(
        splitUrls(value).map((url) => ({ kind: "fetch", url: checkedUrl(url, field) })),
        field,
      );
    }
    const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
    return bounded(
      elements.map((element) =>
        readElement(
          typeof element === "string" ? { url: element.trim() } : element,
          field,
          context,
        ),
      ),
      field,
    );
  },
  compileJson: (_field, context) => (text) => {
    const files = storedAttachments(text);
    return files.length === 0
      ? null
      : JSON.stringify(files.map((file) => attachmentForReader(file, context)));
  },
  compileShow: (_field, context) => (text) =>
    storedAttachments(text)
      .map((file) => showFile(file, context.fileUrl))
      .join(", ") || null,
  sortKeys: (_field, column) => filenameKeys(column),
};

/** The files of a cell from its `jsonb` text. */
export function storedAttachments(text: string | null): readonly StoredAttachment[] {
  return text === null || text === "[]" ? [] : (JSON.parse(text) as StoredAttachment[]);
}

/** A file as Airtable shows it: its addresses signed now, what is not known yet left out. */
export function attachmentForReader(
  file: StoredAttachment,
  context: Pick<ReadContext, "fileUrl">,
): object {
  const { id, filename, size, type, width, height, thumbnails } = file;
  return {
    id,
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    url: fileUrl(file, context.fileUrl),
    filename,
    ...(size !== undefined && { size }),
    ...(type !== undefined && { type }),
    ...(thumbnails !== undefined && {
      thumbnails: Object.fromEntries(
        Object.entries(thumbnails).map(([name, thumbnail]) => [
          name,
          {
            url: context.fileUrl({ attachmentId: id, hash: thumbnail.hash, filename }),
            width: thumbnail.width,
            height: thumbnail.height,
          },
        ]),
      ),
    }),
  };
}

function fileUrl(
  { id, hash, sourceUrl, filename, type }: StoredAttachment,
  sign: ReadContext["fileUrl"],
): string {
  return hash === undefined
    ? (sourceUrl ?? "")
    : sign({ attachmentId: id, hash, filename, ...(type !== undefined && { type }) });
}

function showFile(file: StoredAttachment, sign: ReadContext["fileUrl"] | undefined): string {
  return sign === undefined
    ? joinList([file.filename])
    : `${file.filename} (${fileUrl(file, sign)})`;
}

const keysToFetch = new Set(["url", "filename"]);
const keysOfReader = new Set([
  ...keysToFetch,
  "id",
  "size",
  "type",
  "width",
  "height",
  "thumbnails",
]);

function readElement(element: unknown, field: Field, context: WriteContext): AttachmentInput {
  if (typeof element !== "object" || element === null || Array.isArray(element)) {
    throw badAttachment(field, "each element must be an object");
  }
  const { id, url, filename } = element as Readonly<Record<"id" | "url" | "filename", unknown>>;
  const keep = id !== undefined && !context.creating;
  for (const key of Object.keys(element)) {
    if (!(keep ? keysOfReader : keysToFetch).has(key) && !(key === "id" && url !== undefined)) {
      throw badAttachment(
        field,
        key === "id"
          ? "url is required for a new record"
          : `${JSON.stringify(key)} cannot be written`,
      );
    }
  }
  const named = filename === undefined ? {} : { filename: checkedFilename(filename, field) };
  if (!keep) {
    return { kind: "fetch", url: checkedUrl(url, field), ...named };
  }
  if (!isId("att", id)) {
    throw badAttachment(field, "id is not an attachment id");
  }
  return { kind: "keep", id, ...named };
}

function checkedUrl(url: unknown, field: Field): string {
  if (typeof url !== "string") {
    throw badAttachment(field, "url must be a string");
  }
  if (url.length > ATTACHMENT_URL_MAX_CHARACTERS) {
    throw badAttachment(field, `url may have at most ${ATTACHMENT_URL_MAX_CHARACTERS} characters`);
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) {
    throw badAttachment(field, "url must be an http or https address");
  }
  return parsed.href;
}

function checkedFilename(filename: unknown, field: Field): string {
  if (typeof filename !== "string" || filename.trim() === "" || filename.includes("\0")) {
    throw badAttachment(field, "filename must be text that is not empty");
  }
  if (longerThan(filename, ATTACHMENT_FILENAME_MAX_CHARACTERS)) {
    throw badAttachment(
      field,
      `filename may have at most ${ATTACHMENT_FILENAME_MAX_CHARACTERS} characters`,
    );
  }
  return filename.toWellFormed();
}

/** Addresses hold commas themselves: a comma separates where another address follows. */
function splitUrls(text: string): string[] {
  return text
    .split(/,(?=\s*https?:\/\/)/i)
    .map((url) => url.trim())
    .filter((url) => url !== "");
}

function bounded(
  files: readonly AttachmentInput[],
  field: Field,
): readonly AttachmentInput[] | null {
  if (files.length > ATTACHMENTS_PER_CELL_MAX) {
    throw cellRefused(field, `at most ${ATTACHMENTS_PER_CELL_MAX} files`);
  }
  return files.length === 0 ? null : files;
}

function asObject(input: unknown): object {
  return typeof input === "object" && input !== null ? input : {};
}
