import { isId } from "#kernel";
import type { BaseDefinition, ViewOfDefinition } from "../bases/base-definition.ts";

/** Ids in the new base, or of persons here, for those of the content. */
export interface CarriedIds {
  userId(id: string): string;
  recordId(id: string): string;
}

/** The definition with the persons and records that its views name as they are called here. Fields and choices stay. */
export function withCarriedViews(definition: BaseDefinition, ids: CarriedIds): BaseDefinition {
  return {
    ...definition,
    tables: definition.tables.map((table) => ({
      ...table,
      views: table.views?.map((view) => carriedView(view, ids)),
    })),
  };
}

function carriedView(view: ViewOfDefinition, ids: CarriedIds): ViewOfDefinition {
  const { options, personalForUserId } = view;
  return {
    ...view,
    personalForUserId: personalForUserId == null ? null : ids.userId(personalForUserId),
    ...(options?.["filters"] !== undefined && {
      options: { ...options, filters: carriedValue(options["filters"], ids) },
    }),
  };
}

function carriedValue(value: unknown, ids: CarriedIds): unknown {
  if (isId("usr", value)) {
    return ids.userId(value);
  }
  if (isId("rec", value)) {
    return ids.recordId(value);
  }
  if (Array.isArray(value)) {
    return value.map((element: unknown) => carriedValue(element, ids));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, carriedValue(inner, ids)]),
  );
}
