import sql, { join, type Sql } from "sql-template-tag";
import { usesOf } from "../types/uses.ts";
import type { SqlContext, Typed, TypedCall, TypedSwitch } from "../types/typed.ts";
import type { TypedFormula } from "../types/type-of.ts";
import { guardedArithmetic } from "./arithmetic.sql.ts";
import { FILL_FALSE } from "../types/conversions.ts";
import { bareCall } from "./bare-call.ts";
import { equalityOf } from "./equalities.ts";
import { literal } from "./literals.sql.ts";
import { caseOf, constantPiece, madeOf, nullsOf, sqlsOf, Steps, type Piece } from "./pieces.sql.ts";

/** A formula in SQL, to be put into a statement over the rows of its table. */
export interface CompiledFormula {
  /** `cross join lateral (…) name`, in this order, after the rows that the context's expressions refer to. */
  readonly steps: readonly Sql[];
  /** In the PostgreSQL type of the result's kind; NULL for blank and for an error. */
  readonly value: Sql;
  /** `boolean`, never NULL: the result is `#ERROR!`. Null: it never is. */
  readonly fails: Sql | null;
}

/** The names of a formula's steps begin with this unless the caller says otherwise. */
const PREFIX = "step";

/** Compiles one formula. */
export function compile(
  { root }: TypedFormula,
  context: SqlContext,
  prefix: string = PREFIX,
): CompiledFormula {
  const compiler = new Compiler(context, new Steps(prefix));
  const { piece, fails } = compiler.steps.failing(compiler.piece(root));
  return { steps: compiler.steps.joined(), value: piece.sql, fails };
}

/** A formula field among others of the same record. */
export interface FormulaOfField {
  readonly fieldId: string;
  readonly formula: TypedFormula;
}

/** Formulas of one record in SQL: common steps, then a value for each field. */
export interface CompiledFormulas {
  readonly steps: readonly Sql[];
  readonly fields: ReadonlyMap<string, Pick<CompiledFormula, "value" | "fails">>;
}

/**
 * Compiles formulas of one record that may refer to each other, in an order in which each comes after those it needs.
 * Each is computed once, however many others use it.
 */
export function compileTogether(
  formulas: readonly FormulaOfField[],
  context: SqlContext,
  prefix: string = PREFIX,
): CompiledFormulas {
  const used = new Set(formulas.flatMap(({ formula }) => usesOf(formula.root).fieldIds));
  const compiler = new Compiler(context, new Steps(prefix));
  const fields = new Map<string, Pick<CompiledFormula, "value" | "fails">>();
  for (const { fieldId, formula } of formulas) {
    const compiled = compiler.piece(formula.root);
    const { piece, fails } = compiler.steps.failing(
      used.has(fieldId) ? compiler.steps.bind(compiled) : compiled,
    );
    if (used.has(fieldId)) {
      compiler.know(fieldId, piece);
    }
    fields.set(fieldId, { value: piece.sql, fails });
  }
  return { steps: compiler.steps.joined(), fields };
}

/** A condition in SQL. */
export interface CompiledCondition {
  readonly steps: readonly Sql[];
  /** True for the rows to keep; false or NULL for the others. */
  readonly holds: Sql;
}

/** Compiles a condition for a `where`: comparisons of bare columns stay such, so that indexes can answer them. */
export function compileCondition(
  { root }: TypedFormula,
  context: SqlContext,
  prefix: string = PREFIX,
): CompiledCondition {
  const compiler = new Compiler(context, new Steps(prefix));
  const { sql: holds } = compiler.kept(root);
  return { steps: compiler.steps.joined(), holds };
}

/** Compiles the nodes of one formula, or of several that share their steps. */
class Compiler {
  readonly steps: Steps;
  readonly #context: SqlContext;
  readonly #subjects = new Map<number, Piece>();
  readonly #computed = new Map<string, Piece>();

  constructor(context: SqlContext, steps: Steps) {
    this.#context = context;
    this.steps = steps;
  }

  /** Makes the value of a computed field known to the formulas that follow. */
  know(fieldId: string, piece: Piece): void {
    this.#computed.set(fieldId, piece);
  }

  piece(node: Typed): Piece {
    return this.steps.shallow(this.#compiled(node));
  }

  /** A truth value of which only true counts, so that what is false, blank or an error need not be told apart. */
  kept(node: Typed): Piece {
    if (node.op !== "call") {
      return this.piece(node);
    }
    const { name, keeps } = node.operation;
    const [first] = node.arguments;
    if (name === FILL_FALSE && first !== undefined) {
      return this.kept(first);
    }
    // An error makes OR an error even beside a value that is true; AND drops the record either way.
    if (name === "AND" || (name === "OR" && !node.canFail)) {
      const parts =
        name === "OR"
          ? this.#alternatives(node.arguments)
          : node.arguments.map((one) => this.kept(one));
      const joiner = name === "AND" ? " and " : " or ";
      return this.steps.shallow(madeOf(sql`(${join(sqlsOf(parts), joiner)})`, parts));
    }
    if (keeps !== undefined) {
      const given = node.arguments.map((argument) => this.piece(argument));
      return this.steps.shallow(madeOf(keeps(given), given));
    }
    return this.steps.shallow(this.#call(node, true));
  }

  #compiled(node: Typed): Piece {
    switch (node.op) {
      case "constant":
        return constantPiece(node);
      case "field":
        return this.#computed.get(node.id) ?? this.#field(node);
      case "subject":
        return this.#subjects.get(node.slot) ?? constantPiece({ ...node, value: null });
      case "call":
        return this.#call(node);
      case "choice":
        return this.#branches(node);
      case "switch":
        return this.#switch(node);
      case "error-test":
        return this.#errorTest(node.argument);
    }
  }

  #field(node: Typed & { readonly op: "field" }): Piece {
    const { value, fails } = this.#context.field(node.id);
    const canFail = node.canFail && fails !== undefined;
    return {
      sql: value,
      nulls: nullsOf({ canFail, canBeBlank: node.canBeBlank }),
      ...(canFail ? { fails } : {}),
      simple: true,
      level: 0,
      depth: 0,
    };
  }

  /** `loose`: nobody asks which NULL is an error. */
  #call(node: TypedCall, loose = false): Piece {
    const { operation } = node;
    const guarded = operation.operators === undefined ? null : this.#arithmetic(node);
    if (guarded !== null) {
      return guarded;
    }
    const later = operation.repeats === true ? this.#filledLater(node) : null;
    if (later !== null) {
      return later;
    }
    let given = node.arguments.map((argument) => this.piece(argument));
    if (operation.repeats === true || operation.fails !== undefined) {
      given = given.map((piece) => this.steps.bind(piece));
    }
    const asks = operation.takesBlank === true || (node.canBeBlank && !loose);
    const failures: Sql[] = [];
    if (asks && operation.nullIsError !== true) {
      given = given.map((argument) => {
        const { piece, fails } = this.steps.failing(argument);
        failures.push(...(fails === null ? [] : [fails]));
        return piece;
      });
    }
    const values = given.map(({ sql: value }) => value);
    const plain = operation.sql(values, this.#context);
    const shielded = operation.takesBlank === true && failures.length > 0;
    const own = operation.fails?.(values, this.#context);
    const level = Math.max(0, ...given.map((piece) => piece.level));
    return this.#withFailures(
      {
        sql: shielded ? sql`case when not (${join(failures, " or ")}) then ${plain} end` : plain,
        nulls: loose && node.canFail ? "error" : nullsOf(node),
        // What has no arguments (NOW, RECORD_ID) is as good as a column, and so is a column with something in the place of blank.
        simple:
          given.length === 0 || (operation.cheap === true && given.every(({ simple }) => simple)),
        level,
        depth: 1 + Math.max(0, ...given.map((piece) => piece.depth)) + chainLength(node),
      },
      own === undefined ? failures : [...failures, own],
    );
  }

  /** One value in the place of blank for the result, where what is mentioned several times would each time have one. */
  #filledLater(node: TypedCall): Piece | null {
    const bare = bareCall(node);
    if (bare === null) {
      return null;
    }
    const piece = this.#call(bare.call);
    return {
      ...piece,
      sql: sql`coalesce(${piece.sql}, ${literal(bare.blank, node.kind)})`,
      nulls: "never",
      depth: piece.depth + 1,
    };
  }

  /** A tree of operators over columns, by PostgreSQL's own operators wherever they cannot raise. */
  #arithmetic(node: TypedCall): Piece | null {
    const pieces = new Map<Typed, Piece>();
    const pieceOf = (leaf: Typed) => {
      const piece = pieces.get(leaf) ?? this.piece(leaf);
      pieces.set(leaf, piece);
      return piece;
    };
    const value = guardedArithmetic(node, {
      sqlOf: (leaf) => pieceOf(leaf).sql,
      bound: (leaf) => {
        const piece = this.steps.bind(pieceOf(leaf));
        pieces.set(leaf, piece);
        return piece.sql;
      },
    });
    if (value === null) {
      return null;
    }
    const all = [...pieces.values()];
    return {
      sql: value,
      nulls: node.canFail ? "error" : "never",
      simple: false,
      level: Math.max(0, ...all.map((piece) => piece.level)),
      depth: all.length + 2 + Math.max(0, ...all.map((piece) => piece.depth)),
    };
  }

  /** Only a value that can be blank as well needs to say when it is an error. */
  #withFailures(piece: Piece, failures: readonly Sql[]): Piece {
    if (piece.nulls !== "both") {
      return piece;
    }
    const [only] = failures;
    if (failures.length === 1 && only !== undefined) {
      return { ...piece, fails: only };
    }
    const fails = this.steps.bindTruth(sql`(${join(failures, " or ")})`, piece.level);
    return { ...piece, fails: fails.sql, level: fails.level };
  }

  /** A chain of choices, each in the `otherwise` of the one before, as one CASE where nothing can fail. */
  #branches(node: Typed): Piece {
    const cases: { test: Typed; result: Typed }[] = [];
    let last = node;
    while (last.op === "choice") {
      cases.push({ test: last.condition, result: last.result });
      last = last.otherwise;
    }
    return this.#cases(cases, last, node);
  }

  #switch(node: TypedSwitch): Piece {
    this.#subjects.set(node.slot, this.steps.bind(this.piece(node.subject)));
    return this.#cases(node.cases, node.otherwise, node);
  }

  #cases(
    cases: readonly { readonly test: Typed; readonly result: Typed }[],
    otherwise: Typed,
    whole: Typed,
  ): Piece {
    const nulls = nullsOf(whole);
    const arms = cases.map(({ test, result }) => ({
      // CASE takes no answer for false.
      test: test.canFail ? this.piece(test) : this.kept(test),
      result: this.piece(result),
    }));
    const rest = this.piece(otherwise);
    if (nulls === "both") {
      return this.#askedCases(arms, rest);
    }
    const all = [rest, ...arms.flatMap(({ test, result }) => [test, result])];
    return {
      sql: caseOf(
        arms.map(({ test, result }) => ({ test, value: result.sql })),
        rest.sql,
      ),
      nulls,
      simple: false,
      level: Math.max(...all.map(({ level }) => level)),
      depth:
        1 +
        Math.max(...all.map(({ depth }) => depth)) +
        cases.filter((_, index) => arms[index]?.test.nulls === "error").length,
    };
  }

  /** Where a result can be blank or an error, the tests are asked twice: for the value and for the failure. */
  #askedCases(
    arms: readonly { readonly test: Piece; readonly result: Piece }[],
    rest: Piece,
  ): Piece {
    const asked = arms.map(({ test, result }) => {
      const failing = this.steps.failing(result);
      return { test: this.steps.bind(test), result: failing.piece, fails: failing.fails };
    });
    const last = this.steps.failing(rest);
    const all = [last.piece, ...asked.flatMap(({ test, result }) => [test, result])];
    const level = Math.max(...all.map((piece) => piece.level));
    const fails = this.steps.bindTruth(
      sql`coalesce(${caseOf(
        asked.map(({ test, fails: failure }) => ({ test, value: failure ?? sql`false` })),
        last.fails ?? sql`false`,
      )}, true)`,
      level,
    );
    return {
      sql: caseOf(
        asked.map(({ test, result }) => ({ test, value: result.sql })),
        last.piece.sql,
      ),
      nulls: "both",
      fails: fails.sql,
      simple: false,
      level: fails.level,
      depth:
        1 +
        Math.max(...all.map(({ depth }) => depth)) +
        asked.filter(({ test }) => test.nulls === "error").length,
    };
  }

  #errorTest(argument: Typed): Piece {
    const special = argument.kind.type === "number" && argument.kind.special;
    const { piece, fails } = this.steps.failing(this.piece(argument));
    const value = special && fails !== null ? this.steps.bind(piece) : piece;
    const notFinite = sql`coalesce(${value.sql} in ('NaN', 'Infinity', '-Infinity'), false)`;
    const tests = [...(fails === null ? [] : [fails]), ...(special ? [notFinite] : [])];
    return {
      sql: sql`(${join(tests, " or ")})`,
      nulls: "never",
      simple: false,
      level: value.level,
      depth: value.depth + 1,
    };
  }

  /** Equalities of one column with different texts become one look-up of several values. */
  #alternatives(nodes: readonly Typed[]): readonly Piece[] {
    const groups = new Map<string, { readonly column: Typed; readonly texts: string[] }>();
    const others: Typed[] = [];
    for (const node of nodes) {
      const equality = equalityOf(node);
      if (equality === null) {
        others.push(node);
      } else {
        const group = groups.get(equality.key) ?? { column: equality.column, texts: [] };
        group.texts.push(equality.text);
        groups.set(equality.key, group);
      }
    }
    return [
      ...[...groups.values()].map(({ column, texts }) => {
        const piece = this.piece(column);
        return madeOf(sql`(${piece.sql} = any(${texts}::text[]))`, [piece]);
      }),
      ...others.map((node) => this.kept(node)),
    ];
  }
}

/** Operators of a chain, which nest in SQL though they stand side by side in the formula. */
function chainLength({ operation }: TypedCall): number {
  return operation.operators?.length ?? 0;
}
