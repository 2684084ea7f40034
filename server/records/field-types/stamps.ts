import { stampOptions, type TimeResult } from "@basalt/contract";
import { stampIso } from "./calendar.ts";
import { stampDayShower, stampShower } from "./date-show.ts";
import { stampJson } from "./date-time.ts";
import type { FieldType, OptionsContext, StampOptions, SystemColumn } from "./field-type.ts";
import { checkOptions, fieldComputed } from "./refusals.ts";
import { plainKeys } from "./sort-keys.sql.ts";

/** When the record was made. */
export const createdTime = stampType("createdTime", "created_time", ({ result }) => ({ result }));

/** When any writable cell of the record was changed last; until then, when it was made. */
export const lastModifiedTime = stampType("lastModifiedTime", "modified_time", ({ result }) => ({
  isValid: true,
  referencedFieldIds: [],
  result,
}));

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
