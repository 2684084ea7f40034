import type { Span } from "./problems.ts";

/** The operators of one level of precedence, weakest first. */
export const levels = [["=", "!=", "<", "<=", ">", ">="], ["&"], ["+", "-"], ["*", "/"]] as const;

export type Operator = (typeof levels)[number][number];
export type ComparisonOperator = (typeof levels)[0][number];
export type ArithmeticOperator = (typeof levels)[2][number] | (typeof levels)[3][number];

/** A formula as it was written. Operators of one level stand side by side in a chain, so depth is the depth of the text. */
export type Node = NumberNode | TextNode | FieldNode | CallNode | SignNode | ChainNode;

export interface NumberNode extends Span {
  readonly type: "number";
  readonly value: number;
}
export interface TextNode extends Span {
  readonly type: "text";
  readonly value: string;
}
/** A reference to a field by what stands in the braces: an id or a name. */
export interface FieldNode extends Span {
  readonly type: "field";
  readonly name: string;
}
/** A call; the constants TRUE, FALSE, BLANK, NOW and TODAY are calls without arguments. */
export interface CallNode extends Span {
  readonly type: "call";
  /** In capitals. */
  readonly name: string;
  readonly arguments: readonly Node[];
}
export interface SignNode extends Span {
  readonly type: "sign";
  readonly sign: "+" | "-";
  readonly operand: Node;
}
/** first op operand op operand …, worked off from the left. */
export interface ChainNode extends Span {
  readonly type: "chain";
  /** Index in `levels`. */
  readonly level: number;
  readonly first: Node;
  readonly rest: readonly { readonly operator: Operator; readonly operand: Node }[];
}

/** The children of a node, left to right. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.type) {
    case "call":
      return node.arguments;
    case "sign":
      return [node.operand];
    case "chain":
      return [node.first, ...node.rest.map(({ operand }) => operand)];
    default:
      return [];
  }
}

/** Every field reference of a tree in the order of the text. */
export function fieldNodesOf(root: Node): readonly FieldNode[] {
  const found: FieldNode[] = [];
  const open: Node[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === "field") {
      found.push(node);
    }
    open.push(...childrenOf(node).toReversed());
  }
  return found;
}

/** Prints a tree in one canonical spelling; parsing it again gives the same tree. */
export function printTree(node: Node): string {
  switch (node.type) {
    case "number":
      return printNumber(node.value);
    case "text":
      return printText(node.value);
    case "field":
      return printField(node.name);
    case "call":
      return `${node.name}(${node.arguments.map(printTree).join(", ")})`;
    case "sign":
      return `${node.sign}${printWithin(node.operand, levels.length)}`;
    case "chain":
      return (
        printWithin(node.first, node.level) +
        node.rest
          .map(({ operator, operand }) => ` ${operator} ${printWithin(operand, node.level)}`)
          .join("")
      );
  }
}

/** A field reference in braces, with the braces and backslashes of its name escaped. */
export function printField(name: string): string {
  return `{${name.replaceAll(/[\\}]/g, String.raw`\$&`)}}`;
}

/** A string literal that reads back as the same text. */
export function printText(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t")
    .replaceAll("\r", "\\r");
  return `"${escaped}"`;
}

/** Plain decimals: the language has no exponents. Numbers of the tree are never negative. */
function printNumber(value: number): string {
  const text = String(value);
  if (!text.includes("e")) {
    return text;
  }
  if (value >= 1) {
    return BigInt(value).toString();
  }
  const [digits = "", exponent = "0"] = text.split("e-");
  return `0.${"0".repeat(Number(exponent) - 1)}${digits.replace(".", "")}`;
}

/** Parentheses where the operand binds no tighter than the level it stands in. */
function printWithin(node: Node, level: number): string {
  const text = printTree(node);
  return node.type === "chain" && node.level <= level ? `(${text})` : text;
}
