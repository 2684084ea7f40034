import type { FieldTypeName } from "@basalt/contract";
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
    const loading = loadSchema(this.world, baseId).then(
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
    this.kept.delete(baseId);
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

/** Reads a schema from the database, as of one snapshot; inside a transaction it sees that transaction's own changes. */
export async function loadSchema({ db }: Pick<World, "db">, baseId: string): Promise<BaseSchema> {
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
  return assembleSchema({ baseId, ...base }, { tables, fields, views });
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
): BaseSchema {
  const fields = Map.groupBy(rows.fields, (field) => field.tableId);
  const views = Map.groupBy(rows.views, (view) => view.tableId);
  const tables = rows.tables.map((row) =>
    tableOf(row, base.baseId, { fields: fields.get(row.id) ?? [], views: views.get(row.id) ?? [] }),
  );
  return {
    ...base,
    tables,
    tablesById: new Map(tables.map((table) => [table.id, table])),
    tablesByName: new Map(tables.map((table) => [nameKey(table.name), table])),
  };
}

function tableOf(
  row: TableRow,
  baseId: string,
  parts: { readonly fields: readonly Field[]; readonly views: readonly View[] },
): Table {
  const primary = parts.fields.filter((field) => field.id === row.primaryFieldId);
  const fields = [...primary, ...parts.fields.filter((field) => field.id !== row.primaryFieldId)];
  return {
    ...row,
    baseId,
    fields,
    fieldsById: new Map(fields.map((field) => [field.id, field])),
    fieldsByName: new Map(fields.map((field) => [field.name, field])),
    views: parts.views,
  };
}
