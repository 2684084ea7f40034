import { modifiedTimeOptions, stampOptions, type TimeResult } from "@basalt/contract";
import { stampIso } from "./calendar.ts";
import { stampDayShower, stampShower } from "./date-show.ts";
import type { ComputedState } from "./computed.ts";
import { stampJson } from "./date-time.ts";
import type { FieldType, OptionsContext, StampOptions, SystemColumn } from "./field-type.ts";
import { checkOptions, fieldComputed } from "./refusals.ts";
import { plainKeys } from "./sort-keys.sql.ts";

/** When the record was made. */
export const createdTime = stampType("createdTime", "created_time", ({ result }) => ({ result }));

/** What is kept about a modified time: of chosen fields it stands in a column of its own. */
export type ModifiedTimeOptions = StampOptions &
  Pick<ComputedState, "isValid" | "sqlType" | "referencedFieldIds">;

/**
 * When any writable cell of the record was changed last; until then, when it was made. Of chosen fields: when one of
 * them was; empty as long as none was ever set.
 */
export const lastModifiedTime: FieldType<ModifiedTimeOptions> = {
  ...stampType("lastModifiedTime", "modified_time", ({ result }) => ({ result })),
  column: ({ options }) =>
    watches(options)
      ? { own: true, sqlType: options.sqlType ?? "timestamptz" }
      : { own: false, expression: "modified_time" },
  createOptions: readModifiedTimeOptions,
  changeOptions: (input, current, context) =>
    readModifiedTimeOptions(
      { referencedFieldIds: current.referencedFieldIds, ...(input as object) },
      context,
    ),
  airtableOptions: ({ result, isValid = true, referencedFieldIds = [] }) => ({
    isValid,
    referencedFieldIds,
    result,
  }),
};

/** True where only changes of some fields count. */
export function watches({
  referencedFieldIds = [],
}: Pick<ComputedState, "referencedFieldIds">): boolean {
  return referencedFieldIds.length > 0;
}

const defaultResult: TimeResult = {
  type: "dateTime",
  options: {
    timeZone: "client",
    dateFormat: { name: "local", format: "l" },
    timeFormat: { name: "12hour", format: "h:mma" },
  },
};

function stampType(
  name: "createdTime" | "lastModifiedTime",
  expression: SystemColumn,
  airtableOptions: (options: StampOptions) => object,
): FieldType<StampOptions> {
  return {
    name,
    computed: true,
    primaryAllowed: false,
    creatable: "extension",
    recordsetType: null,
    mergeType: null,
    needs: "nothing",
    column: () => ({ own: false, expression }),
    createOptions: readStampOptions,
    changeOptions: (input, _current, context) => readStampOptions(input, context),
    airtableOptions,
    parse(_value, field) {
      throw fieldComputed(field);
    },
    typecast(_value, field) {
      throw fieldComputed(field);
    },
    compileJson: ({ options }) =>
      options.result.type === "dateTime"
        ? stampJson
        : (text) => (text === null ? null : `"${stampIso(text).slice(0, 10)}"`),
    compileShow({ options: { result } }, context) {
      const show =
        result.type === "date"
          ? stampDayShower(result.options, context)
          : stampShower(result.options, context);
      return (text) => (text === null ? null : show(text));
    },
    sortKeys: (_field, column) => plainKeys(column, "timestamptz"),
  };
}

function readStampOptions(input: unknown, context: OptionsContext): StampOptions {
  return { result: checkOptions(stampOptions, input ?? {}, context).result ?? defaultResult };
}

function readModifiedTimeOptions(input: unknown, context: OptionsContext): ModifiedTimeOptions {
  const { result = defaultResult, referencedFieldIds = [] } = checkOptions(
    modifiedTimeOptions,
    input ?? {},
    context,
  );
  return { result, ...(referencedFieldIds.length > 0 && { referencedFieldIds }) };
}
