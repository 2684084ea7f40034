import type { Attachment } from "#files";
import type { RecordLine } from "../base-files/format.ts";
import type { Line } from "../base-files/read-lines.ts";
import { known, type DefinedBase, type DefinedTable } from "../templates/define-base.ts";
import { Dice, diceFor, sampleId } from "./dice.ts";
import type { SampleFiles } from "./sample-files.ts";
import { customer, order, product, staffMember, supplier, ticket } from "./sample-rows.ts";

/** How many records each table has. */
export interface SampleSize {
  readonly Orders: number;
  readonly Customers: number;
  readonly Products: number;
  readonly Staff: number;
  readonly Tickets: number;
  readonly Suppliers: number;
}

export type SampleTable = keyof SampleSize;

/** Other tables grow with the orders. */
export function sampleSize(orders: number): SampleSize {
  return {
    Orders: orders,
    Customers: Math.max(20, Math.ceil(orders / 40)),
    Products: 400,
    Staff: 24,
    Tickets: Math.ceil(orders / 40),
    Suppliers: 20,
  };
}

/** Values of a record by the names of its fields: choices by name, links as numbers of records. */
export type NamedValues = Readonly<Record<string, unknown>>;

/** When a record was made and changed last, milliseconds since 1970, and its values. */
export interface SampleRow {
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly values: NamedValues;
}

/** What rows are made from. */
export interface SamplePlan {
  readonly size: SampleSize;
  readonly files: SampleFiles;
  /** Which customer and product each order is about, which order each ticket; numbers from 0. */
  readonly customerOf: Uint32Array;
  readonly productOf: Uint32Array;
  readonly orderOf: Uint32Array;
  /** The other way round. */
  readonly ordersOfCustomer: Grouping;
  readonly ordersOfProduct: Grouping;
  readonly ticketsOfOrder: Grouping;
  readonly ticketsOfCustomer: Grouping;
}

/** Numbers that belong to a number, ascending. */
export type Grouping = (key: number) => readonly number[];

const tables: Readonly<Record<SampleTable, SampleTableRules>> = {
  Orders: { seed: 1, row: order, batchRows: 200 },
  Customers: { seed: 2, row: customer, batchRows: 50 },
  Products: { seed: 3, row: product, batchRows: 10 },
  Staff: { seed: 4, row: staffMember, batchRows: 20 },
  Tickets: { seed: 5, row: ticket, batchRows: 200 },
  Suppliers: { seed: 6, row: supplier, batchRows: 20 },
};

interface SampleTableRules {
  readonly seed: number;
  /** Records made at once: bounds how long the process does nothing else. Few where each has many links. */
  readonly batchRows: number;
  readonly row: (plan: SamplePlan, index: number, dice: Dice) => SampleRow;
}

/** Decides which record belongs to which, so that both sides of a link can be written in one go. */
export function planSample(size: SampleSize, files: SampleFiles): SamplePlan {
  const dice = new Dice(20_260_101);
  const customerOf = rolled(size.Orders, () => dice.skewed(size.Customers));
  const productOf = rolled(size.Orders, () => dice.skewed(size.Products));
  const orderOf = rolled(size.Tickets, () => dice.whole(0, size.Orders - 1)).toSorted();
  const ticketCustomer = orderOf.map((index) => customerOf[index] ?? 0);
  return {
    size,
    files,
    customerOf,
    productOf,
    orderOf,
    ordersOfCustomer: grouped(customerOf),
    ordersOfProduct: grouped(productOf),
    ticketsOfOrder: grouped(orderOf),
    ticketsOfCustomer: grouped(ticketCustomer),
  };
}

/** The records of a table as an import takes them in. */
export async function* sampleRecords(
  base: DefinedBase,
  name: SampleTable,
  plan: SamplePlan,
): AsyncGenerator<readonly Line[], void, undefined> {
  const { seed, row, batchRows } = tables[name];
  const cells = cellWriter(base.table(name));
  const count = plan.size[name];
  for (let from = 0; from < count; from += batchRows) {
    const lines: Line[] = [];
    for (let index = from; index < Math.min(count, from + batchRows); index += 1) {
      const { createdMs, modifiedMs, values } = row(plan, index, diceFor(seed, index));
      const record: RecordLine = {
        id: sampleId("rec", seed, index),
        number: index + 1,
        createdTime: new Date(createdMs).toISOString(),
        modifiedTime: new Date(modifiedMs).toISOString(),
        cells: cells(values, index),
      };
      lines.push({ at: index + 1, value: { ...record } });
    }
    yield lines;
  }
}

/** From values by name to stored values by id. */
function cellWriter(
  table: DefinedTable,
): (values: NamedValues, index: number) => RecordLine["cells"] {
  const { seed } = tables[table.source.name as SampleTable];
  const positions = new Map(table.source.fields.map(({ name }, position) => [name, position]));
  return (values, index) => {
    const cells: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === false || (Array.isArray(value) && value.length === 0)) {
        continue;
      }
      const { id, source, choices } = known(table.fields, name);
      if (source.link !== undefined) {
        const linked = tables[source.link.table as SampleTable].seed;
        cells[id] = (value as readonly number[]).map((other) => sampleId("rec", linked, other));
      } else if (source.type === "multipleAttachments") {
        cells[id] = (value as readonly Attachment[]).map((file, place) => ({
          id: sampleId("att", 32 * (32 * seed + known(positions, name)) + place, index),
          filename: file.filename,
          hash: file.hash,
          type: file.type,
        }));
      } else if (choices.size === 0) {
        cells[id] = value;
      } else {
        cells[id] = Array.isArray(value)
          ? value.map((choice) => known(choices, String(choice)))
          : known(choices, value as string);
      }
    }
    return cells;
  };
}

function rolled(count: number, roll: () => number): Uint32Array {
  return Uint32Array.from({ length: count }, roll);
}

function grouped(keys: Uint32Array): Grouping {
  const groups = new Map<number, number[]>();
  for (const [index, key] of keys.entries()) {
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [index]);
    } else {
      group.push(index);
    }
  }
  return (key) => groups.get(key) ?? [];
}
