import { CHOICES_MAX } from "@basalt/contract";
import { newId, type Scope, type TextRow } from "#kernel";
import { baseCollaborators } from "#workspaces";
import { arrayElements } from "../field-types/array-literal.ts";
import type { ConversionContext } from "../field-types/convert.ts";
import { cellRefused } from "../field-types/refusals.ts";
import { compileShow } from "../field-types/registry.ts";
import { people, loadPeople } from "../rows/people.ts";
import { primaryTexts } from "../rows/record-json.sql.ts";
import type { BaseSchema, Field, LinkOptions } from "../schema/base-schema.ts";

/** What converting the cells of a field asks for, and what it asked to be made. */
export interface ConversionHelp {
  readonly context: ConversionContext;
  /** Choices that the new field must have: name -> id. */
  readonly newChoices: ReadonlyMap<string, string>;
  /** Reads what the next cells refer to: persons, primary texts of linked records. */
  load(page: readonly TextRow[]): Promise<void>;
}

/** Help for converting `from` into `to`. Cells that would need more choices than a field can have are lost. */
export async function conversionHelp(
  scope: Scope,
  schema: BaseSchema,
  { from, to }: { readonly from: Field; readonly to: Field },
): Promise<ConversionHelp> {
  const linkTexts = new Map<string, string>();
  const newChoices = new Map<string, string>();
  const members = await membersFor(scope, schema.baseId, to);
  const known = scope.parts.of(people);
  const fromPeople = peopleTypes.has(from.type);
  const room = CHOICES_MAX - choicesOf(to);
  const context: ConversionContext = {
    creating: false,
    userById: (id) =>
      members.find((member) => member.id === id) ?? (fromPeople ? known.userById(id) : undefined),
    userByEmail: (email) =>
      members.find((member) => member.email.toLowerCase() === email.toLowerCase()),
    userByName: (name) => members.find((member) => member.name === name),
    newChoice(_fieldId, name) {
      const id = newChoices.get(name) ?? newId("sel");
      if (!newChoices.has(name) && newChoices.size >= room) {
        throw cellRefused(to, `a field has at most ${CHOICES_MAX} choices`);
      }
      newChoices.set(name, id);
      return id;
    },
    linkByText() {
      throw new Error("no other type is converted to a link");
    },
    linkText: (_fieldId, recordId) => linkTexts.get(recordId),
  };
  return {
    context,
    newChoices,
    async load(page) {
      await loadPeople(scope, page, { fields: [from], leading: 1 });
      linkTexts.clear();
      if (from.type === "multipleRecordLinks") {
        const ids = new Set(page.flatMap((row) => arrayElements(row[1] ?? "{}")));
        await loadLinkTexts(scope, schema, { from, ids: [...ids], context, into: linkTexts });
      }
    },
  };
}

const peopleTypes: ReadonlySet<string> = new Set([
  "singleCollaborator",
  "multipleCollaborators",
  "createdBy",
  "lastModifiedBy",
]);

type Members = Awaited<ReturnType<typeof baseCollaborators>>;

async function membersFor(scope: Scope, baseId: string, to: Field): Promise<Members> {
  return peopleTypes.has(to.type)
    ? baseCollaborators({ ...scope, actor: { kind: "system", name: "cells" } }, baseId)
    : [];
}

function choicesOf({ options }: Field): number {
  const { choices } = options;
  return Array.isArray(choices) ? choices.length : 0;
}

async function loadLinkTexts(
  scope: Scope,
  schema: BaseSchema,
  read: {
    readonly from: Field;
    readonly ids: readonly string[];
    readonly context: ConversionContext;
    readonly into: Map<string, string>;
  },
): Promise<void> {
  const { linkedTableId } = read.from.options as unknown as LinkOptions;
  const linked = schema.tablesById.get(linkedTableId);
  const primary = linked?.fieldsById.get(linked.primaryFieldId);
  if (linked === undefined || primary === undefined) {
    return;
  }
  const show = compileShow(primary, read.context);
  for (const [id, text] of await scope.db.text(primaryTexts(linked, primary, read.ids))) {
    read.into.set(id ?? "", show(text ?? null) ?? "");
  }
}
