import { FORMULA_MAX_CHARACTERS, NESTING_MAX_LEVELS, TREE_MAX_NODES } from "./limits.ts";
import { limitProblem, syntaxProblem, type FormulaProblem } from "./problems.ts";
import { tokensOf, type Token } from "./tokens.ts";
import { levels, type Node, type Operator } from "./tree.ts";

/** A formula text and its tree, or why it has none. */
export interface ParsedFormula {
  /** The text that positions count in: what came in, without characters that no database can store. */
  readonly source: string;
  readonly tree: Node | null;
  readonly problems: readonly FormulaProblem[];
}

/** Words that are calls even without parentheses. */
const constants: ReadonlySet<string> = new Set(["TRUE", "FALSE", "BLANK", "NOW", "TODAY"]);

/**
 * Reads a formula text. Knows the grammar only: whether functions and fields exist is the business of `typeOf`.
 * Never throws; a text that is no formula has problems instead of a tree.
 */
export function parse(text: string): ParsedFormula {
  if (text.length > FORMULA_MAX_CHARACTERS) {
    const detail = `A formula has at most ${FORMULA_MAX_CHARACTERS} characters; this one has ${text.length}.`;
    return failed(text, limitProblem(detail, FORMULA_MAX_CHARACTERS));
  }
  const source = text.toWellFormed().replaceAll("\u0000", "\uFFFD");
  const { tokens, problem } = tokensOf(source);
  if (tokens === null) {
    return failed(source, problem);
  }
  const reader = new Reader(tokens);
  const tree = reader.formula();
  return tree === null
    ? failed(source, reader.problem ?? syntaxProblem("This is not a formula", 0, source.length))
    : { source, tree, problems: [] };
}

function failed(source: string, problem: FormulaProblem): ParsedFormula {
  return { source, tree: null, problems: [problem] };
}

const levelOf: ReadonlyMap<string, number> = new Map(
  levels.flatMap((operators, level) => operators.map((operator) => [operator, level] as const)),
);

/** Recursive descent over the tokens of one text. The first problem ends it: every method then returns null. */
class Reader {
  problem: FormulaProblem | null = null;
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;
  #nodes = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  formula(): Node | null {
    const tree = this.#chain(0);
    const rest = this.#peek();
    return tree === null || rest.type === "end"
      ? tree
      : this.#refuse(`${describe(rest)} does not belong here`, rest);
  }

  /** Operators of this level and above: one pass over the tokens, one frame of the stack a level. */
  #chain(level: number): Node | null {
    const first = level === levels.length ? this.#signed() : this.#chain(level + 1);
    if (first === null || this.#operatorLevel() !== level) {
      return first;
    }
    const rest: { operator: Operator; operand: Node }[] = [];
    let end = first.end;
    while (this.#operatorLevel() === level) {
      const operator = this.#next().text as Operator;
      const operand = this.#chain(level + 1);
      if (operand === null || (level === 0 && this.#tooDeep(rest.length + 1))) {
        return null;
      }
      rest.push({ operator, operand });
      end = operand.end;
    }
    return this.#made({ type: "chain", level, first, rest, at: first.at, end });
  }

  #operatorLevel(): number | undefined {
    const token = this.#peek();
    return token.type === "sign" ? levelOf.get(token.text) : undefined;
  }

  #signed(): Node | null {
    const token = this.#peek();
    if (token.type !== "sign" || (token.text !== "-" && token.text !== "+")) {
      return this.#primary();
    }
    const sign = token.text;
    this.#next();
    const operand = this.#nested(() => this.#signed());
    return operand && this.#made({ type: "sign", sign, operand, at: token.at, end: operand.end });
  }

  #primary(): Node | null {
    const token = this.#next();
    const { at, end, text } = token;
    switch (token.type) {
      case "number":
        return this.#made({ type: "number", value: Number(text), at, end });
      case "text":
        return this.#made({ type: "text", value: text, at, end });
      case "field":
        return this.#made({ type: "field", name: text, at, end });
      case "name":
        return this.#named(token);
      case "sign":
        return text === "(" ? this.#parenthesised() : this.#misplaced(token);
      case "end":
        return this.#refuse("The formula ends too early", token);
    }
  }

  #named({ text, at, end }: Token): Node | null {
    const name = text.toUpperCase();
    if (this.#isSign("(")) {
      return this.#call(name, at);
    }
    return constants.has(name)
      ? this.#made({ type: "call", name, arguments: [], at, end })
      : this.#made({ type: "field", name: text, at, end });
  }

  #call(name: string, at: number): Node | null {
    this.#next();
    const given: Node[] = [];
    while (!this.#isSign(")") || given.length > 0) {
      const argument = this.#nested(() => this.#chain(0));
      if (argument === null) {
        return null;
      }
      given.push(argument);
      const after = this.#next();
      if (after.type === "sign" && after.text === ")") {
        return this.#made({ type: "call", name, arguments: given, at, end: after.end });
      }
      if (after.type !== "sign" || after.text !== ",") {
        return this.#refuse(
          after.type === "end"
            ? `The parenthesis of ${name} is never closed`
            : `${describe(after)} does not belong here: a , or ) is missing`,
          after,
        );
      }
    }
    return this.#made({ type: "call", name, arguments: [], at, end: this.#next().end });
  }

  #parenthesised(): Node | null {
    const inner = this.#nested(() => this.#chain(0));
    if (inner === null) {
      return null;
    }
    const close = this.#next();
    return close.type === "sign" && close.text === ")"
      ? inner
      : this.#refuse(
          close.type === "end"
            ? "A parenthesis is never closed"
            : `${describe(close)} does not belong here`,
          close,
        );
  }

  #misplaced(token: Token): null {
    const slot = token.text === "," || token.text === ")";
    return this.#refuse(
      slot ? `A value is missing before ${token.text}` : `${describe(token)} does not belong here`,
      token,
    );
  }

  #nested(read: () => Node | null): Node | null {
    if (this.#tooDeep(this.#depth + 1)) {
      return null;
    }
    this.#depth += 1;
    const node = read();
    this.#depth -= 1;
    return node;
  }

  #tooDeep(depth: number): boolean {
    if (depth > NESTING_MAX_LEVELS && this.problem === null) {
      const detail = `A formula is nested at most ${NESTING_MAX_LEVELS} levels deep.`;
      this.problem = limitProblem(detail, this.#peek().at);
    }
    return depth > NESTING_MAX_LEVELS;
  }

  #made(node: Node): Node | null {
    this.#nodes += 1;
    if (this.#nodes <= TREE_MAX_NODES) {
      return node;
    }
    this.problem ??= limitProblem(`A formula has at most ${TREE_MAX_NODES} parts.`, node.at);
    return null;
  }

  #refuse(detail: string, { at, end }: Token): null {
    this.problem ??= syntaxProblem(detail, at, end);
    return null;
  }

  #isSign(text: string): boolean {
    const token = this.#peek();
    return token.type === "sign" && token.text === text;
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? END;
  }

  #next(): Token {
    const token = this.#peek();
    this.#position += 1;
    return token;
  }
}

const END: Token = { type: "end", text: "", at: 0, end: 0 };

function describe({ type, text }: Token): string {
  switch (type) {
    case "text":
      return "This text";
    case "field":
      return `The field ${text}`;
    case "end":
      return "The end of the formula";
    default:
      return text;
  }
}
