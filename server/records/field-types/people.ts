import { type Collaborator, COLLABORATORS_PER_CELL_MAX } from "@basalt/contract";
import { isId } from "#kernel";
import { arrayElements } from "./array-literal.ts";
import { joinList, splitList } from "./cell-text.ts";
import type {
  Directory,
  Field,
  FieldType,
  FromText,
  NoOptions,
  WriteContext,
} from "./field-type.ts";
import { jsonText } from "./json-text.ts";
import { cellRefused, checkNoOptions } from "./refusals.ts";
import { textKeys } from "./sort-keys.sql.ts";

/** One person, stored by user id. Written as `{id}`, `{email}` or an id; typecast takes an address or a whole name. */
export const singleCollaborator: FieldType<NoOptions> = {
  name: "singleCollaborator",
  computed: false,
  primaryAllowed: false,
  creatable: "yes",
  recordsetType: "text",
  mergeType: null,
  needs: "nothing",
  column: () => ({ own: true, sqlType: 'text collate "C"' }),
  createOptions: checkNoOptions,
  changeOptions: (input, _current, context) => checkNoOptions(input, context),
  airtableOptions: () => undefined,
  parse: (value, field, context) => (value === null ? null : personId(value, field, context)),
  typecast(value, field, context) {
    const [only, ...others]: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (only === undefined || only === null || only === "") {
      return null;
    }
    if (others.length > 0) {
      throw cellRefused(field, "the field holds one person");
    }
    return spelledPersonId(only, field, context);
  },
  compileJson: (_field, context) => personJson(context),
  compileShow: (_field, context) => personName(context),
  sortKeys: (_field, column, context) => textKeys(context.userText(column, "one")),
};

/** Several persons in the order in which they were written, each once. */
export const multipleCollaborators: FieldType<NoOptions> = {
  name: "multipleCollaborators",
  computed: false,
  primaryAllowed: false,
  creatable: "yes",
  recordsetType: "text[]",
  mergeType: null,
  needs: "nothing",
  column: () => ({ own: true, sqlType: "text[]" }),
  createOptions: checkNoOptions,
  changeOptions: (input, _current, context) => checkNoOptions(input, context),
  airtableOptions: () => undefined,
  parse(value, field, context) {
    if (value === null) {
      return null;
    }
    if (!Array.isArray(value)) {
      throw cellRefused(field);
    }
    return distinct(
      value.map((person) => personId(person, field, context)),
      field,
    );
  },
  typecast(value, field, context) {
    if (value === null) {
      return null;
    }
    const people: readonly unknown[] =
      typeof value === "string" ? splitList(value) : Array.isArray(value) ? value : [value];
    return distinct(
      people.map((person) => spelledPersonId(person, field, context)),
      field,
    );
  },
  compileJson(_field, context) {
    const one = personJson(context);
    return (text) => {
      const ids = text === null ? [] : arrayElements(text);
      return ids.length === 0 ? null : `[${ids.map(one).join(",")}]`;
    };
  },
  compileShow(_field, context) {
    const one = personName(context);
    return (text) =>
      text === null ? null : joinList(arrayElements(text).map((id) => one(id) ?? "")) || null;
  },
  sortKeys: (_field, column, context) => textKeys(context.userText(column, "list")),
};

const encoded = new WeakMap<Collaborator, string>();

/** From a user id to `{id,email,name}`. Somebody who is gone keeps the id, with an empty address and name. */
export function personJson(directory: Directory): FromText {
  return (id) => {
    if (id === null) {
      return null;
    }
    const person = directory.userById(id);
    if (person === undefined) {
      return `{"id":${jsonText(id)},"email":"","name":""}`;
    }
    let json = encoded.get(person);
    if (json === undefined) {
      json = `{"id":${jsonText(person.id)},"email":${jsonText(person.email)},"name":${jsonText(person.name)}}`;
      encoded.set(person, json);
    }
    return json;
  };
}

/** From a user id to the name, or the address of somebody without one. */
export function personName(directory: Directory): FromText {
  return (id) => {
    const person = id === null ? undefined : directory.userById(id);
    return person === undefined ? id : person.name || person.email;
  };
}

function personId(value: unknown, field: Field, context: WriteContext): string {
  if (typeof value === "string") {
    return known(isId("usr", value) ? context.userById(value) : undefined, field);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw cellRefused(field);
  }
  const { id, email } = value as { readonly id?: unknown; readonly email?: unknown };
  if (typeof id === "string") {
    return known(isId("usr", id) ? context.userById(id) : undefined, field);
  }
  if (typeof email !== "string" || id !== undefined) {
    throw cellRefused(field);
  }
  return known(context.userByEmail(email), field);
}

function spelledPersonId(value: unknown, field: Field, context: WriteContext): string {
  if (typeof value !== "string" || isId("usr", value)) {
    return personId(value, field, context);
  }
  const text = value.trim();
  return known(context.userByEmail(text) ?? context.userByName(text), field);
}

function known(person: Collaborator | undefined, field: Field): string {
  if (person === undefined) {
    throw cellRefused(field, "no such collaborator of this base");
  }
  return person.id;
}

function distinct(ids: readonly string[], field: Field): string[] | null {
  if (ids.length > COLLABORATORS_PER_CELL_MAX) {
    throw cellRefused(field, `at most ${COLLABORATORS_PER_CELL_MAX} collaborators`);
  }
  return ids.length === 0 ? null : [...new Set(ids)];
}
