import { cycleIn, computingOrder } from "@basalt/formulas";
import type { ComputedState } from "../field-types/computed.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { inputsOf, isComputed, type Inputs } from "./definitions.ts";

/** A computed field among all of its base. */
export interface ComputedNode {
  readonly field: Field;
  readonly table: Table;
  readonly inputs: Inputs;
  /**
   * How many times a change has to go through a link, or into or out of the program, to reach it, at most, counted from
   * stored fields.
   */
  readonly level: number;
  /** PostgreSQL cannot compute it. */
  readonly inProgram: boolean;
  /** It, or one of its row that it reads, is computed in the program: the statement that writes a row leaves it out. */
  readonly afterStatement: boolean;
}

/** Somebody who reads a field of other rows. */
export interface LinkedReader {
  readonly node: ComputedNode;
  /** From the reader's table to that of the field. */
  readonly path: readonly Field[];
}

/** All computed fields of a base and how they hang together. */
export interface ComputedGraph {
  readonly byField: ReadonlyMap<string, ComputedNode>;
  /** By table, each field after those of its row that it reads. */
  readonly byTable: ReadonlyMap<string, readonly ComputedNode[]>;
  /** Field id -> computed fields of the same row that read it. */
  readonly ownReaders: ReadonlyMap<string, readonly ComputedNode[]>;
  /** Field id -> computed fields of other rows that read it. */
  readonly linkedReaders: ReadonlyMap<string, readonly LinkedReader[]>;
}

const graphs = new WeakMap<BaseSchema, ComputedGraph>();

/** The graph of a schema, made once. The schema must have no cycle: see `cycleOf`. */
export function computedGraph(schema: BaseSchema): ComputedGraph {
  let graph = graphs.get(schema);
  if (graph === undefined) {
    graph = makeGraph(schema);
    graphs.set(schema, graph);
  }
  return graph;
}

/** A way from a field back to itself, as fields, the first one again at the end; null where there is none. */
export function cycleOf(schema: BaseSchema): readonly Field[] | null {
  const { nodes, edges } = nodesOf(schema);
  const cycle = cycleIn(edges);
  return cycle?.flatMap((id) => nodes.get(id)?.field ?? []) ?? null;
}

type Node = Pick<ComputedNode, "field" | "table" | "inputs">;

interface Nodes {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly edges: ReadonlyMap<string, readonly string[]>;
}

const nodesBySchema = new WeakMap<BaseSchema, Nodes>();

function nodesOf(schema: BaseSchema): Nodes {
  const known = nodesBySchema.get(schema);
  if (known !== undefined) {
    return known;
  }
  const nodes = new Map<string, Node>();
  for (const table of schema.tables) {
    for (const field of table.fields) {
      if (isComputed(field)) {
        nodes.set(field.id, { field, table, inputs: inputsOf(schema, table, field) });
      }
    }
  }
  const found = { nodes, edges: edgesOf(nodes) };
  nodesBySchema.set(schema, found);
  return found;
}

function edgesOf(nodes: ReadonlyMap<string, Node>): Map<string, readonly string[]> {
  const edges = new Map<string, readonly string[]>();
  for (const [id, { inputs }] of nodes) {
    edges.set(id, [...inputs.own, ...inputs.linked.flatMap(({ fieldIds }) => fieldIds)]);
  }
  return edges;
}

function makeGraph(schema: BaseSchema): ComputedGraph {
  const { nodes, edges } = nodesOf(schema);
  const byField = new Map<string, ComputedNode>();
  const byTable = new Map<string, ComputedNode[]>();
  const ownReaders = new Map<string, ComputedNode[]>();
  const linkedReaders = new Map<string, LinkedReader[]>();
  for (const id of computingOrder(edges)) {
    const node = nodes.get(id);
    if (node === undefined) {
      continue;
    }
    const inProgram = isInProgram(node);
    const afterStatement =
      inProgram || node.inputs.own.some((one) => byField.get(one)?.afterStatement === true);
    const placed = { ...node, level: levelOf(node, byField), inProgram, afterStatement };
    byField.set(id, placed);
    listIn(byTable, node.table.id).push(placed);
    for (const input of node.inputs.own) {
      listIn(ownReaders, input).push(placed);
    }
    for (const { path, fieldIds } of node.inputs.linked) {
      for (const input of fieldIds) {
        listIn(linkedReaders, input).push({ node: placed, path });
      }
    }
  }
  return { byField, byTable, ownReaders, linkedReaders };
}

function isInProgram({ field }: Node): boolean {
  const { isValid, inProgram } = field.options as ComputedState;
  return isValid === true && inProgram === true;
}

function levelOf(node: Node, known: ReadonlyMap<string, ComputedNode>): number {
  const { inputs } = node;
  const own = inputs.own.map((id) => {
    const input = known.get(id);
    return input === undefined ? 0 : input.level + (input.inProgram || isInProgram(node) ? 1 : 0);
  });
  const linked = inputs.linked.flatMap(({ fieldIds }) =>
    fieldIds.map((id) => (known.get(id)?.level ?? -1) + 1),
  );
  return Math.max(0, ...own, ...linked);
}

function listIn<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
