import type { FieldTypeName } from "@basalt/contract";
import type { Field, FieldType, StoredOptions } from "./field-type.ts";
import { fieldComputed } from "./refusals.ts";

/** An ordinary field configuration, as the schema shows what a computed field gives. */
export interface ResultConfig {
  readonly type: FieldTypeName;
  readonly options?: StoredOptions;
}

/**
 * What is worked out about a computed field whenever the schema changes, and kept beside its definition. `sqlType` is
 * absent only until that has been done for the first time: the field has no column yet.
 */
export interface ComputedState {
  readonly isValid?: boolean;
  /** Why it is not valid: one sentence. */
  readonly reason?: string;
  readonly result?: ResultConfig | null;
  /** The type of its column. */
  readonly sqlType?: string;
  /** Several values in one cell. */
  readonly list?: boolean;
  /** Its value, or one of a list, can be `#ERROR!`. */
  readonly mayFail?: boolean;
  /** Changes while no record does: with the clock, or with people's names. */
  readonly volatile?: boolean;
  /** PostgreSQL cannot compute it: a pattern stands in a cell. It is computed here, after the statement that writes the row. */
  readonly inProgram?: boolean;
  /** Fields that it names, of its own table or, for a rollup or lookup, of the linked one. */
  readonly referencedFieldIds?: readonly string[];
  /** What a formula that names the field finds, in the words of the formula language. */
  readonly kind?: StoredOptions;
}

/** How the cells of a computed field are read: as those of a field of another type, or as a list of such. */
export interface ShownAs {
  readonly as: Field;
  readonly list: boolean;
  /** The text of the cell carries marks of errors: see `markedText`. */
  readonly marked: boolean;
}

/** What all computed types of a column of their own have in common. */
export const computedBase = {
  computed: true,
  creatable: "extension",
  recordsetType: null,
  mergeType: null,
  needs: "nothing",
  parse(_value: unknown, field: Field): never {
    throw fieldComputed(field);
  },
  typecast(_value: unknown, field: Field): never {
    throw fieldComputed(field);
  },
} as const;

/** Functions that are never asked: `shownAs` says whose are. */
export const shownByResult: Pick<
  FieldType<ComputedState>,
  "column" | "shownAs" | "compileJson" | "compileShow" | "sortKeys"
> = {
  column: ({ options }) => ({ own: true, sqlType: options.sqlType ?? "text" }),
  shownAs: shownAsResult,
  compileJson: () => () => null,
  compileShow: () => () => null,
  sortKeys: () => [],
};

/** The field whose type knows how to show this one's cells. */
export function shownAsResult(field: Field<ComputedState>): ShownAs {
  const { result, list = false, mayFail = false, sqlType } = field.options;
  const { type, options = {} } = result ?? { type: "singleLineText" };
  return {
    as: {
      id: field.id,
      name: field.name,
      // A formula keeps days in a column of instants; such a column is shown as a stamp of the record is.
      type: isInstant(sqlType) && (type === "date" || type === "dateTime") ? "createdTime" : type,
      options:
        isInstant(sqlType) && (type === "date" || type === "dateTime") ? { result } : options,
    },
    list,
    marked: mayFail,
  };
}

/** True once the field has a column. */
export function hasState({ options }: { readonly options: StoredOptions }): boolean {
  return (options as ComputedState).sqlType !== undefined;
}

/** What the schema shows of any computed field. */
export function shownState({ isValid = false, result = null }: ComputedState): {
  readonly isValid: boolean;
  readonly result: ResultConfig | null;
} {
  return { isValid, result };
}

function isInstant(sqlType: string | undefined): boolean {
  return sqlType !== undefined && sqlType.startsWith("timestamptz");
}
