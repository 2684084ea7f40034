import { part, type Scope, type Sql, type TextRow, type World } from "#kernel";
import { signedUrl, THUMBNAIL_TYPE } from "#files";
import { arrayElements } from "../field-types/array-literal.ts";
import type { FromText, ReadContext, ShowContext } from "../field-types/field-type.ts";
import { jsonText } from "../field-types/json-text.ts";
import { compileJson, compileShow, shownAs } from "../field-types/registry.ts";
import { stampIso } from "../field-types/calendar.ts";
import type { BaseSchema, Field, LinkOptions, Table } from "../schema/base-schema.ts";
import { loadPeople, people } from "./people.ts";
import { primaryTexts } from "./record-json.sql.ts";
import { LEADING_COLUMNS, rowColumns } from "./table-sql.ts";

/** The JSON text of one record object, ready to be joined into an answer. */
export type RecordJson = string;

/** How records are written as JSON. */
export interface RecordShape {
  /** Only these fields, in the table's order; absent = all. */
  readonly fieldIds?: readonly string[];
  /** Keys of `fields` are ids instead of names. */
  readonly byFieldId: boolean;
  readonly cellFormat: "json" | { readonly timeZone: string; readonly userLocale: string };
  /** Adds `commentCount`; the row then carries it after its cells. */
  readonly commentCount: boolean;
  /** Adds `version`. */
  readonly version: boolean;
}

/** Reads rows of one table in one shape. */
export interface RecordReader {
  readonly fields: readonly Field[];
  /** The select list: see `rowColumns`. */
  readonly columns: Sql;
  /** Rows as JSON, in their order; loads what the cells name (people, linked texts) in a bounded number of statements. */
  write(scope: Scope, rows: readonly TextRow[]): Promise<RecordJson[]>;
}

/** The reader of a table for a shape, compiled once per schema version and shape. */
export function recordReader(
  scope: Scope,
  {
    schema,
    table,
    shape,
  }: { readonly schema: BaseSchema; readonly table: Table; readonly shape: RecordShape },
): RecordReader {
  return scope.parts.of(recordReaders).of(schema, table, shape);
}

const recordReaders = part("records.readers", (world) => new RecordReaders(world));

/** Shapes kept per table; requests with ever new field lists are compiled and not kept. */
const SHAPES_MAX = 50;

class RecordReaders {
  private readonly kept = new WeakMap<Table, Map<string, RecordReader>>();
  private readonly context: ReadContext;

  constructor(world: World) {
    this.context = {
      userById: world.parts.of(people).userById,
      fileUrl: ({ type = THUMBNAIL_TYPE, ...file }) =>
        world.config.publicUrl + signedUrl(world.config, world.now(), { ...file, type }),
    };
  }

  of(schema: BaseSchema, table: Table, shape: RecordShape): RecordReader {
    if (shape.cellFormat !== "json") {
      return this.stringReader(schema, table, shape);
    }
    const shapes = this.kept.get(table) ?? new Map<string, RecordReader>();
    this.kept.set(table, shapes);
    const key = `${shape.byFieldId} ${shape.commentCount} ${shape.version} ${shape.fieldIds?.join() ?? "*"}`;
    let reader = shapes.get(key);
    if (reader === undefined) {
      reader = this.jsonReader(table, shape);
      if (shapes.size < SHAPES_MAX) {
        shapes.set(key, reader);
      }
    }
    return reader;
  }

  private jsonReader(table: Table, shape: RecordShape): RecordReader {
    const fields = fieldsOf(table, shape);
    const writeRow = rowWriter(
      fields,
      fields.map((field) => compileJson(field, this.context)),
      shape,
    );
    return {
      fields,
      columns: rowColumns(fields),
      write: async (scope, rows) => {
        await loadPeople(scope, rows, { fields });
        return rows.map(writeRow);
      },
    };
  }

  private stringReader(schema: BaseSchema, table: Table, shape: RecordShape): RecordReader {
    const fields = fieldsOf(table, shape);
    const zone = shape.cellFormat === "json" ? {} : shape.cellFormat;
    return {
      fields,
      columns: rowColumns(fields),
      write: async (scope, rows) => {
        await loadPeople(scope, rows, { fields });
        const texts = await linkedTexts(scope, schema, {
          fields,
          rows,
          context: { ...this.context, ...zone },
        });
        const context: ShowContext = {
          ...this.context,
          ...zone,
          linkText: (fieldId, id) => texts.get(fieldId)?.get(id),
        };
        const shows = fields.map((field) => quoted(compileShow(field, context)));
        return rows.map(rowWriter(fields, shows, shape));
      },
    };
  }
}

function fieldsOf(table: Table, shape: RecordShape): readonly Field[] {
  const wanted = shape.fieldIds;
  return wanted === undefined
    ? table.fields
    : table.fields.filter((field) => wanted.includes(field.id));
}

/** One row to JSON text. Everything that does not depend on the row is worked out before. */
function rowWriter(
  fields: readonly Field[],
  cells: readonly FromText[],
  shape: RecordShape,
): (row: TextRow) => RecordJson {
  const keys = fields.map((field) => `${jsonText(shape.byFieldId ? field.id : field.name)}:`);
  const count = fields.length;
  return (row) => {
    let inner = "";
    for (let index = 0; index < count; index += 1) {
      const text = row[index + LEADING_COLUMNS];
      if (text !== null && text !== undefined) {
        const json = cells[index]?.(text) ?? null;
        if (json !== null) {
          inner += inner === "" ? `${keys[index]}${json}` : `,${keys[index]}${json}`;
        }
      }
    }
    let record = `{"id":"${row[0]}","createdTime":"${stampIso(row[1] ?? "")}","fields":{${inner}}`;
    if (shape.commentCount) {
      record += `,"commentCount":${row[LEADING_COLUMNS + count] ?? 0}`;
    }
    return shape.version ? `${record},"version":${row[2]}}` : `${record}}`;
  };
}

function quoted(show: FromText): FromText {
  return (text) => {
    const shown = show(text);
    return shown === null ? null : jsonText(shown);
  };
}

/** For each link field: the primary texts of the records that these rows link to, one statement a field. */
async function linkedTexts(
  scope: Scope,
  schema: BaseSchema,
  read: {
    readonly fields: readonly Field[];
    readonly rows: readonly TextRow[];
    readonly context: Omit<ShowContext, "linkText">;
  },
): Promise<Map<string, Map<string, string>>> {
  const texts = new Map<string, Map<string, string>>();
  for (const [index, field] of read.fields.entries()) {
    const { as } = shownAs(field);
    if (as.type === "multipleRecordLinks") {
      const ids = new Set(
        read.rows.flatMap((row) => arrayElements(row[index + LEADING_COLUMNS] ?? "{}")),
      );
      const linked = schema.tablesById.get((as.options as LinkOptions).linkedTableId);
      texts.set(
        field.id,
        linked === undefined || ids.size === 0
          ? new Map()
          : await textsOf(scope, linked, { ids: [...ids], context: read.context }),
      );
    }
  }
  return texts;
}

async function textsOf(
  scope: Scope,
  table: Table,
  read: { readonly ids: readonly string[]; readonly context: Omit<ShowContext, "linkText"> },
): Promise<Map<string, string>> {
  const primary = table.fieldsById.get(table.primaryFieldId);
  if (primary === undefined) {
    return new Map();
  }
  const show = compileShow(primary, { ...read.context, linkText: () => undefined });
  const rows = await scope.db.text(primaryTexts(table, primary, read.ids));
  return new Map(rows.map((row) => [row[0] ?? "", show(row[1] ?? null) ?? ""]));
}
