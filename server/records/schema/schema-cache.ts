import type { FieldTypeName } from "@basalt/contract";
import { isDeepStrictEqual } from "node:util";
import { part, type Scope, type World } from "#kernel";
import {
  nameKey,
  type BaseSchema,
  type Field,
  type Table,
  type View,
  type ViewOptions,
} from "./base-schema.ts";
import { baseNotFound } from "./refusals.ts";
import { baseFields, baseTables, baseViews, schemaVersion } from "./schema-cache.sql.ts";

/** Bases whose schema is kept in memory; the least recently used goes first. */
const BASES_MAX = 2_000;

/** Schemas that are remembered for their fields after they were dropped. */
const EARLIER_MAX = 200;

/** Topic of the signal that a base's schema has changed; the key is the base id. */
export const SCHEMA_CHANGED = "records.schema";

/** What the process keeps of schemas. */
export const schemaCache = part("records.schema-cache", (world) => new SchemaCache(world));

/**
 * The schema of a base, from memory. Problems: `records.base-not-found` (callers asked `allow()` first, so this is rare).
 */
export function schemaOf(scope: Scope, baseId: string): Promise<BaseSchema> | BaseSchema {
  return scope.parts.of(schemaCache).get(baseId);
}

class SchemaCache {
  private readonly kept = new Map<string, BaseSchema | Promise<BaseSchema>>();
  /** What was kept before it was dropped: most of it comes back with the next version. */
  private readonly earlier = new Map<string, BaseSchema>();
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
    world.signals.listen(SCHEMA_CHANGED, (baseId) => this.drop(baseId));
  }

  get(baseId: string): Promise<BaseSchema> | BaseSchema {
    const kept = this.kept.get(baseId);
    if (kept !== undefined) {
      return kept;
    }
    const loading = loadSchema(this.world, baseId, this.earlier.get(baseId)).then(
      (schema) => {
        if (this.kept.get(baseId) === loading) {
          this.kept.set(baseId, schema);
        }
        return schema;
      },
      (error: unknown) => {
        this.kept.delete(baseId);
        throw error;
      },
    );
    this.kept.set(baseId, loading);
    this.evict();
    return loading;
  }

  drop(baseId: string): void {
    const kept = this.known(baseId);
    this.kept.delete(baseId);
    if (kept !== undefined) {
      this.earlier.delete(baseId);
      this.earlier.set(baseId, kept);
    }
    for (const oldest of this.earlier.size > EARLIER_MAX ? this.earlier.keys().take(1) : []) {
      this.earlier.delete(oldest);
    }
  }

  /** The schema as far as the process knows it, which may have been some time ago. */
  known(baseId: string): BaseSchema | undefined {
    const kept = this.kept.get(baseId);
    return kept === undefined || kept instanceof Promise ? this.earlier.get(baseId) : kept;
  }

  private evict(): void {
    for (const baseId of this.kept.keys()) {
      if (this.kept.size <= BASES_MAX) {
        return;
      }
      this.kept.delete(baseId);
    }
  }
}

interface BaseRow {
  readonly version: number;
  readonly role: string | null;
}
interface TableRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly primaryFieldId: string;
}
interface FieldRow {
  readonly id: string;
  readonly tableId: string;
  readonly name: string;
  readonly type: FieldTypeName;
  readonly options: Record<string, unknown>;
  readonly description: string | null;
}
interface ViewRow {
  readonly id: string;
  readonly tableId: string;
  readonly name: string;
  readonly type: string;
  readonly options: ViewOptions;
  readonly personalForUserId: string | null;
}

/**
 * Reads a schema from the database, as of one snapshot; inside a transaction it sees that transaction's own changes. Fields that are
 * as they were in an earlier schema are the same objects, so that what was worked out of them is not worked out again.
 */
export async function loadSchema(
  { db }: Pick<World, "db">,
  baseId: string,
  earlier?: BaseSchema,
): Promise<BaseSchema> {
  // The version first: if a change commits between these statements, the older version makes the writer ask again.
  const base = await db.maybe<BaseRow>(schemaVersion(baseId));
  if (base === undefined) {
    throw baseNotFound();
  }
  const [tables, fields, views] = await Promise.all([
    db.all<TableRow>(baseTables(baseId)),
    db.all<FieldRow>(baseFields(baseId)),
    db.all<ViewRow>(baseViews(baseId)),
  ]);
  const known = earlier === undefined ? undefined : fieldsOf(earlier);
  const rows = {
    tables,
    fields: fields.map((field) => sameAs(known?.get(field.id), field)),
    views,
  };
  return assembleSchema({ baseId, ...base }, rows, earlier);
}

const fieldsBySchema = new WeakMap<BaseSchema, ReadonlyMap<string, Field>>();

/** All fields of a base by their ids. */
export function fieldsOf(schema: BaseSchema): ReadonlyMap<string, Field> {
  let fields = fieldsBySchema.get(schema);
  if (fields === undefined) {
    fields = new Map(schema.tables.flatMap((table) => [...table.fieldsById]));
    fieldsBySchema.set(schema, fields);
  }
  return fields;
}

function sameAs(known: Field | undefined, field: Field): Field {
  return known !== undefined && isDeepStrictEqual(known, field) ? known : field;
}

/** The schema of a base with nothing in it, older than every version. */
export function emptySchema(baseId: string, role: string | null = null): BaseSchema {
  return assembleSchema({ baseId, version: 0, role }, { tables: [], fields: [], views: [] });
}

/** A schema from its rows, each list in order of position. */
export function assembleSchema(
  base: Pick<BaseSchema, "baseId" | "version" | "role">,
  rows: {
    readonly tables: readonly TableRow[];
    readonly fields: readonly Field[];
    readonly views: readonly View[];
  },
  earlier?: Pick<BaseSchema, "tablesById">,
): BaseSchema {
  const fields = Map.groupBy(rows.fields, (field) => field.tableId);
  const views = Map.groupBy(rows.views, (view) => view.tableId);
  const tables = rows.tables.map((row): Table => {
    const parts = fieldParts(row, fields.get(row.id) ?? [], earlier?.tablesById.get(row.id));
    return { ...row, baseId: base.baseId, ...parts, views: views.get(row.id) ?? [] };
  });
  return {
    ...base,
    tables,
    tablesById: new Map(tables.map((table) => [table.id, table])),
    tablesByName: new Map(tables.map((table) => [nameKey(table.name), table])),
  };
}

type FieldParts = Pick<Table, "fields" | "fieldsById" | "fieldsByName">;

/** The fields of a table, the primary one first: in the same objects as earlier where all of them are the same. */
function fieldParts(
  { primaryFieldId }: TableRow,
  inOrder: readonly Field[],
  earlier: FieldParts | undefined,
): FieldParts {
  const primary = inOrder.filter(({ id }) => id === primaryFieldId);
  const fields = [...primary, ...inOrder.filter(({ id }) => id !== primaryFieldId)];
  if (
    earlier?.fields.length === fields.length &&
    fields.every((field, at) => field === earlier.fields[at])
  ) {
    return {
      fields: earlier.fields,
      fieldsById: earlier.fieldsById,
      fieldsByName: earlier.fieldsByName,
    };
  }
  return {
    fields,
    fieldsById: new Map(fields.map((field) => [field.id, field])),
    fieldsByName: new Map(fields.map((field) => [field.name, field])),
  };
}
