import type { Attachment } from "#files";
import type { FileUser } from "./format.ts";
import type { BaseDefinition } from "../bases/base-definition.ts";
import type { Line } from "./read-lines.ts";

/** Everything that a base is made of, wherever it comes from: a base file, a template, the sample's generator. */
export interface BaseContent {
  readonly definition: BaseDefinition;
  readonly look: {
    readonly description: string;
    readonly color: string | null;
    readonly icon: string | null;
  };
  /** Table id -> the number that its next record gets. */
  readonly nextNumbers: ReadonlyMap<string, number>;
  /** Persons by their ids in the content. */
  readonly users: readonly FileUser[];
  /** Hash -> the stored bytes. */
  readonly files: ReadonlyMap<string, StoredFile>;
  /** Hashes that cells may name although their bytes are gone. */
  readonly missingFiles: ReadonlySet<string>;
  /** Where the records of a table are, for sentences about them. */
  recordsAt(tableId: string): string;
  /** `RecordLine`s in batches, not yet checked; to be read once. */
  records(tableId: string): AsyncIterable<readonly Line[]>;
  /** `CommentLine`s in batches, not yet checked; read twice, because an answer may stand before what it answers. */
  comments(): AsyncIterable<readonly Line[]>;
}

/** What is known of stored bytes, whatever they are called. */
export type StoredFile = Pick<Attachment, "hash" | "size" | "width" | "height" | "thumbnails">;
