import type { FormulaField } from "@basalt/formulas";
import { formulaField } from "../computed/kinds.ts";
import type { ChoiceOptions } from "../field-types/choices.ts";
import { shownAs } from "../field-types/registry.ts";
import type { Field } from "../schema/base-schema.ts";

/** What a field is to a filter: which operators it takes depends on this alone. */
export type FilterClass =
  | "text"
  | "number"
  | "checkbox"
  | "date"
  | "choice"
  | "choices"
  | "person"
  | "people"
  | "links"
  | "files"
  | "texts";

/** A field that can be asked about. */
export interface FilterField {
  readonly class: FilterClass;
  readonly formula: FormulaField;
  /** Ids by name and by id, where the class is one of choices. */
  readonly choiceIds: ReadonlyMap<string, string>;
  /** Of days without a time. */
  readonly dateOnly: boolean;
  /** The zone in which its days begin. */
  readonly zone: string;
}

/** The field as filters see it; undefined for a computed one that is not valid. */
export function filterField(field: Field): FilterField | undefined {
  const formula = formulaField(field);
  if (formula === undefined) {
    return undefined;
  }
  const { as } = shownAs(field);
  const { choices = [] } = as.options as Partial<ChoiceOptions>;
  return {
    class: classOf(field, formula),
    formula,
    choiceIds: new Map(
      choices.flatMap(
        ({ id, name }) =>
          [
            [name, id],
            [id, id],
          ] as const,
      ),
    ),
    dateOnly: formula.kind.type === "date" && formula.kind.dateOnly,
    zone: zoneOf(as.options),
  };
}

function classOf(field: Field, { kind }: FormulaField): FilterClass {
  const { as, list } = shownAs(field);
  switch (as.type) {
    case "singleSelect":
      return list ? "choices" : "choice";
    case "multipleSelects":
      return "choices";
    case "singleCollaborator":
    case "createdBy":
    case "lastModifiedBy":
      return list ? "people" : "person";
    case "multipleCollaborators":
      return "people";
    case "multipleRecordLinks":
      return "links";
    case "multipleAttachments":
      return "files";
    default:
      return kind.type === "array" ? "texts" : kind.type === "boolean" ? "checkbox" : kind.type;
  }
}

function zoneOf(options: object): string {
  const { timeZone, result } = options as {
    readonly timeZone?: string;
    readonly result?: { readonly options?: { readonly timeZone?: string } } | null;
  };
  return timeZone ?? result?.options?.timeZone ?? "utc";
}
