import { part, type Scope, type World } from "#kernel";
import { userProfiles } from "#identity";
import type { TextRow } from "#kernel";
import type { Collaborator } from "@basalt/contract";
import { shownAs } from "../field-types/registry.ts";
import type { Field } from "../schema/base-schema.ts";
import { LEADING_COLUMNS } from "./table-sql.ts";

/** Persons kept in memory at most; beyond that all are forgotten and read again. */
const PEOPLE_MAX = 20_000;

/** Types of fields whose cells name persons. */
export const peopleTypes: ReadonlySet<string> = new Set([
  "singleCollaborator",
  "multipleCollaborators",
  "createdBy",
  "lastModifiedBy",
]);

/** Names and addresses of the persons that cells name, so that cells can be written as JSON without waiting. */
export const people = part("records.people", (world) => new People(world));

class People {
  private readonly kept = new Map<string, Collaborator>();
  /** Grows with each change: what was read before one must not stay. */
  private changes = 0;

  constructor(world: World) {
    world.signals.listen("identity.user", (userId) => {
      this.changes += 1;
      this.kept.delete(userId);
    });
  }

  readonly userById = (id: string): Collaborator | undefined => this.kept.get(id);

  /** Makes sure that those named are known; ids of nobody stay unknown. */
  async load(scope: Scope, ids: Iterable<string>): Promise<void> {
    const missing = [...new Set(ids)].filter((id) => !this.kept.has(id));
    if (missing.length === 0) {
      return;
    }
    if (this.kept.size > PEOPLE_MAX) {
      this.kept.clear();
    }
    let changes: number;
    let profiles: Awaited<ReturnType<typeof userProfiles>>;
    do {
      ({ changes } = this);
      profiles = await userProfiles(scope, missing);
    } while (changes !== this.changes);
    for (const [id, profile] of profiles) {
      this.kept.set(id, profile);
    }
  }
}

/** Loads whoever is named in rows whose cells follow `leading` other columns, one statement at most. */
export async function loadPeople(
  scope: Scope,
  rows: readonly TextRow[],
  {
    fields,
    leading = LEADING_COLUMNS,
  }: { readonly fields: readonly Field[]; readonly leading?: number },
): Promise<void> {
  const columns = fields.flatMap((field, index) =>
    peopleTypes.has(shownAs(field).as.type) ? [index + leading] : [],
  );
  if (columns.length === 0) {
    return;
  }
  const ids = new Set<string>();
  for (const row of rows) {
    for (const column of columns) {
      for (const [id] of row[column]?.matchAll(/usr[A-Za-z0-9]{14}/g) ?? []) {
        ids.add(id);
      }
    }
  }
  await scope.parts.of(people).load(scope, ids);
}
