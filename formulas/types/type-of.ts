import { arithmetic, concatenation, negated, type Operand } from "../functions/operators.ts";
import type { FunctionCall } from "../functions/definition.ts";
import { functionNamed, functionNames } from "../functions/registry.ts";
import {
  limitProblem,
  argumentsProblem,
  unknownName,
  type FormulaProblem,
} from "../language/problems.ts";
import type { FieldIndex, NamedField } from "../language/names.ts";
import type { ParsedFormula } from "../language/parse.ts";
import type { CallNode, ChainNode, ComparisonOperator, Node } from "../language/tree.ts";
import { ERROR } from "../values/inner.ts";
import { comparison } from "./compare.ts";
import { settled, textOrBlank, toBoolean, toMixedText, toNumber, toText } from "./convert.ts";
import {
  blankKind,
  type ArrayKind,
  type BooleanKind,
  type DateKind,
  type NumberKind,
  type TextKind,
} from "./kinds.ts";
import { constant, textConstant, type Typed } from "./typed.ts";
import { usesOf, type Uses } from "./uses.ts";

/** A field as formulas see it. */
export interface FormulaField extends NamedField {
  readonly kind: NumberKind | BooleanKind | TextKind | DateKind | ArrayKind;
  /** The field can hold `#ERROR!`. Absent: it cannot. */
  readonly canFail?: boolean;
  /** Absent: it can. */
  readonly canBeBlank?: boolean;
}

/**
 * What a formula is for. A `field` turns arrays into text, a `rollup` gives them as they are; a `condition` keeps or drops:
 * its root is a truth value, and an error there drops.
 */
export type Purpose = "field" | "rollup" | "condition";

/** A formula that both backends can work with. */
export interface TypedFormula extends Uses {
  readonly root: Typed;
  readonly purpose: Purpose;
}

/** A typed formula, or why there is none. */
export type Typing =
  | { readonly formula: TypedFormula; readonly problems: readonly [] }
  | { readonly formula: null; readonly problems: readonly FormulaProblem[] };

/** Field texts joined in one formula. Each can be 100,000 characters, and PostgreSQL holds no text of a gigabyte. */
const JOINED_TEXTS_MAX = 1000;

/** Finds out what every part of a formula is and writes out all conversions. Never throws: what cannot work is a problem. */
export function typeOf(
  parsed: ParsedFormula,
  fields: FieldIndex<FormulaField>,
  purpose: Purpose = "field",
): Typing {
  if (parsed.tree === null) {
    return { formula: null, problems: parsed.problems };
  }
  const typing = new TreeTyping(fields);
  const root = finished(typing.typed(parsed.tree), purpose);
  return typing.problems.length > 0
    ? { formula: null, problems: typing.problems }
    : { formula: { root, purpose, ...usesOf(root) }, problems: [] };
}

/** The root as the purpose wants it. Open point 9.8: a formula field never gives an array. */
function finished(node: Typed, purpose: Purpose): Typed {
  if (purpose === "condition") {
    return toBoolean(node);
  }
  switch (node.kind.type) {
    case "mixed":
      return toMixedText(node);
    case "blank":
      return textOrBlank(node);
    case "array":
      return purpose === "rollup" ? node : textOrBlank(node);
    default:
      return settled(node);
  }
}

/** Types one tree, collecting what cannot work. */
class TreeTyping {
  readonly problems: FormulaProblem[] = [];
  readonly #fields: FieldIndex<FormulaField>;
  #slots = 0;
  #joined = 0;

  constructor(fields: FieldIndex<FormulaField>) {
    this.#fields = fields;
  }

  typed(node: Node): Typed {
    switch (node.type) {
      case "number":
        return constant(node.value, {
          type: "number",
          precision: decimalsOf(node.value),
          special: !Number.isFinite(node.value),
        });
      case "text":
        return textConstant(node.value);
      case "field":
        return this.#field(node.name, node);
      case "sign":
        return node.sign === "-"
          ? negated(this.typed(node.operand))
          : toNumber(this.typed(node.operand));
      case "call":
        return this.#call(node);
      case "chain":
        return this.#chain(node);
    }
  }

  #field(name: string, { at, end }: Node): Typed {
    const field = this.#fields.find(name);
    if (field === undefined) {
      const known = this.#fields.names();
      this.problems.push(unknownName("unknown-field", name, { at, end, known }));
      return constant(ERROR, blankKind);
    }
    return {
      op: "field",
      id: field.id,
      kind: field.kind,
      canFail: field.canFail ?? false,
      canBeBlank: field.canBeBlank ?? true,
    };
  }

  #call(node: CallNode): Typed {
    const definition = functionNamed(node.name);
    if (definition === undefined) {
      this.problems.push(
        unknownName("unknown-function", node.name, {
          at: node.at,
          end: node.end,
          known: functionNames(),
        }),
      );
    }
    const given = node.arguments.map((argument) => this.typed(argument));
    if (definition === undefined) {
      return constant(ERROR, blankKind);
    }
    const [least, most] = definition.arity;
    const refuse = (detail: string): Typed => {
      this.problems.push(argumentsProblem(node.name, detail, node));
      return constant(ERROR, blankKind);
    };
    if (given.length < least || given.length > most) {
      return refuse(`${definition.usage} cannot be called with ${countOf(given.length)}`);
    }
    if (node.name === "CONCATENATE") {
      this.#countJoined(node, given);
    }
    const call: FunctionCall = {
      name: node.name,
      refuse,
      newSlot: () => {
        this.#slots += 1;
        return this.#slots;
      },
    };
    return definition.type(given, call);
  }

  #chain({ level, first, rest, ...node }: ChainNode): Typed {
    const start = this.typed(first);
    const operands = rest.map(({ operator, operand }) => ({
      operator,
      operand: this.typed(operand),
    }));
    switch (level) {
      case 0:
        return operands.reduce(
          (left, { operator, operand }) =>
            comparison(operator as ComparisonOperator, left, operand),
          start,
        );
      case 1: {
        const parts = [start, ...operands.map(({ operand }) => operand)];
        this.#countJoined(node, parts);
        return concatenation(parts.map(toText));
      }
      default:
        return arithmetic(start, operands as readonly Operand[]);
    }
  }

  #countJoined({ at }: { readonly at: number }, parts: readonly Typed[]): void {
    const before = this.#joined;
    this.#joined += parts.filter(({ op }) => op !== "constant").length - 1;
    if (before <= JOINED_TEXTS_MAX && this.#joined > JOINED_TEXTS_MAX) {
      this.problems.push(limitProblem(`A formula joins at most ${JOINED_TEXTS_MAX} texts.`, at));
    }
  }
}

function countOf(given: number): string {
  if (given === 0) {
    return "no arguments";
  }
  return given === 1 ? "1 argument" : `${given} arguments`;
}

/** Digits after the point of a number as it is written. */
function decimalsOf(value: number): number {
  const [, digits = ""] = String(value).split(".");
  return String(value).includes("e") ? 0 : digits.length;
}
