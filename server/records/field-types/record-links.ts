import { linkOptions, LINKS_PER_CELL_MAX } from "@basalt/contract";
import { isId } from "#kernel";
import { arrayElements } from "./array-literal.ts";
import { cleanText, joinList, scalarText, splitList } from "./cell-text.ts";
import type { Field, FieldType, OptionsContext, Stored, WriteContext } from "./field-type.ts";
import { badOptions, badRecordId, cellRefused, checkOptions } from "./refusals.ts";
import { textKeys } from "./sort-keys.sql.ts";

/**
 * What this type reads of a link's options. The caller adds the field on the other side, and where the junction is, when
 * it has made them; both outlive `changeOptions`.
 */
export interface LinkSettings {
  readonly linkedTableId: string;
  readonly isReversed: boolean;
  readonly prefersSingleRecordLink: boolean;
  /** Absent for a link of a table with itself. */
  readonly inverseLinkFieldId?: string;
  readonly viewIdForRecordSelection?: string;
}

/**
 * Records of a table, in order, each once. The column is a projection of the junction table; whether the records exist
 * is for the caller to see, as is what stands behind the texts that typecast passed to `linkByText`.
 */
export const multipleRecordLinks: FieldType<LinkSettings> = {
  name: "multipleRecordLinks",
  computed: false,
  primaryAllowed: false,
  creatable: "yes",
  recordsetType: "text[]",
  mergeType: null,
  needs: "records",
  column: () => ({ own: true, sqlType: "text[]" }),
  createOptions(input, context) {
    const options = readLinkSettings(input, context);
    if (!context.knownTable(options.linkedTableId)) {
      throw badOptions(
        context,
        `options.linkedTableId: the base has no table ${options.linkedTableId}`,
      );
    }
    return { isReversed: false, ...options };
  },
  changeOptions(input, current, context) {
    const options = readLinkSettings(input, context);
    if (options.linkedTableId !== current.linkedTableId) {
      throw badOptions(context, "options.linkedTableId: a link cannot move to another table");
    }
    return { ...current, ...options };
  },
  airtableOptions: ({
    linkedTableId,
    isReversed,
    prefersSingleRecordLink,
    inverseLinkFieldId,
    viewIdForRecordSelection,
  }) => ({
    linkedTableId,
    isReversed,
    prefersSingleRecordLink,
    ...(inverseLinkFieldId !== undefined && { inverseLinkFieldId }),
    ...(viewIdForRecordSelection !== undefined && { viewIdForRecordSelection }),
  }),
  parse(value, field) {
    if (value === null) {
      return null;
    }
    if (!Array.isArray(value)) {
      throw cellRefused(field);
    }
    return distinct(
      value.map((element: unknown) => linkedId(element, field)),
      field,
    );
  },
  typecast(value, field, context) {
    if (value === null) {
      return null;
    }
    const elements: readonly unknown[] =
      typeof value === "string" ? splitList(value) : Array.isArray(value) ? value : [value];
    return distinct(
      elements.flatMap((element) => idOrText(element, field, context)),
      field,
    );
  },
  compileJson: () => (text) =>
    // Record ids need no escape in an array literal, nor in JSON.
    text === null || text.length <= 2 ? null : `["${text.slice(1, -1).replaceAll(",", '","')}"]`,
  compileShow: (field, context) => (text) =>
    text === null
      ? null
      : joinList(arrayElements(text).flatMap((id) => context.linkText(field.id, id) || [])) || null,
  sortKeys: (field, column, context) => textKeys(context.linkText(field.id, column)),
};

function readLinkSettings(
  input: unknown,
  context: OptionsContext,
): Omit<LinkSettings, "isReversed" | "inverseLinkFieldId"> {
  const {
    linkedTableId,
    viewIdForRecordSelection,
    prefersSingleRecordLink = false,
  } = checkOptions(linkOptions, input, context);
  return {
    linkedTableId,
    prefersSingleRecordLink,
    ...(viewIdForRecordSelection !== undefined && { viewIdForRecordSelection }),
  };
}

function linkedId(element: unknown, field: Field): string {
  const id: unknown = isObjectWithId(element) ? element.id : element;
  if (typeof id !== "string") {
    throw cellRefused(field);
  }
  if (!isId("rec", id)) {
    throw badRecordId(field, id);
  }
  return id;
}

function idOrText(element: unknown, field: Field, context: WriteContext): string[] {
  if (isObjectWithId(element) || isId("rec", element)) {
    return [linkedId(element, field)];
  }
  const text = scalarText(element);
  if (text === undefined) {
    throw cellRefused(field);
  }
  const clean = cleanText(text, field).trim();
  return clean === "" ? [] : [context.linkByText(field.id, clean)];
}

function isObjectWithId(element: unknown): element is { readonly id: unknown } {
  return typeof element === "object" && element !== null && "id" in element;
}

function distinct(ids: readonly string[], field: Field): Stored {
  if (ids.length > LINKS_PER_CELL_MAX) {
    throw cellRefused(field, `at most ${LINKS_PER_CELL_MAX} links`);
  }
  return ids.length === 0 ? null : [...new Set(ids)];
}
