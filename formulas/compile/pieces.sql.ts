import sql, { join, raw, type Sql } from "sql-template-tag";
import type { Typed } from "../types/typed.ts";
import { ERROR } from "../values/inner.ts";
import { literal } from "./literals.sql.ts";

/**
 * A compiled part of a formula. What its NULL means is known: nothing (`never`), blank, an error, or either, and only then
 * does `fails` tell which. A value is always NULL where it fails.
 */
export interface Piece {
  readonly sql: Sql;
  readonly nulls: "never" | "blank" | "error" | "both";
  /** `boolean`, never NULL. */
  readonly fails?: Sql;
  /** Cheap to mention twice: a column, a constant, a value that is bound already. */
  readonly simple: boolean;
  /** The steps that must have run before it. */
  readonly level: number;
  /** How deep the expression is nested: PostgreSQL's own stack is finite. */
  readonly depth: number;
}

/** Nesting from which on a part gets a step of its own. */
const DEPTH_MAX = 40;

/**
 * Collects the parts that are computed before the rest, in steps: those of one level do not need each other.
 * A part that is used twice is bound here once, so that statements grow with the formula and no faster.
 */
export class Steps {
  readonly #prefix: string;
  readonly #levels: Sql[][] = [];
  #bound = 0;

  /** The prefix begins the name of each step; formulas that share a statement need different ones. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The part as something that can be mentioned any number of times. */
  bind(piece: Piece): Piece {
    if (piece.simple) {
      return piece;
    }
    return { ...piece, ...this.#add(piece.sql, piece.level), simple: true };
  }

  /** The part itself, or bound when it is nested too deep to go on. */
  shallow(piece: Piece): Piece {
    return piece.depth > DEPTH_MAX ? this.bind(piece) : piece;
  }

  /** What tells that the part is an error; null when it never is. Binds the part if it has to be asked. */
  failing(piece: Piece): { readonly piece: Piece; readonly fails: Sql | null } {
    if (piece.nulls === "never" || piece.nulls === "blank") {
      return { piece, fails: null };
    }
    if (piece.fails !== undefined) {
      return { piece, fails: piece.fails };
    }
    const bound = this.bind(piece);
    return { piece: bound, fails: sql`(${bound.sql} is null)` };
  }

  /** A truth value as something that can be mentioned any number of times. */
  bindTruth(truth: Sql, level: number): { readonly sql: Sql; readonly level: number } {
    return this.#add(truth, level);
  }

  /** The steps in their order, each to be joined to what stands before it. */
  joined(): readonly Sql[] {
    return this.#levels.map(
      // OFFSET 0 keeps the planner from pulling the step up, which would write its expressions out at every use again.
      (columns, index) =>
        sql`cross join lateral (select ${join(columns)} offset 0) ${raw(this.#stepName(index + 1))}`,
    );
  }

  #add(expression: Sql, below: number): { sql: Sql; level: number; depth: number } {
    const level = below + 1;
    this.#bound += 1;
    const column = `v${this.#bound}`;
    (this.#levels[level - 1] ??= []).push(sql`${expression} as ${raw(column)}`);
    return { sql: raw(`${this.#stepName(level)}.${column}`), level, depth: 0 };
  }

  #stepName(level: number): string {
    return `${this.#prefix}${level}`;
  }
}

/** A value known when the formula is written. */
export function constantPiece({
  value,
  kind,
}: Pick<Typed & { readonly op: "constant" }, "value" | "kind">): Piece {
  return {
    sql: literal(value, kind),
    nulls: value === ERROR ? "error" : value === null ? "blank" : "never",
    ...(value === ERROR ? { fails: sql`true` } : {}),
    simple: true,
    level: 0,
    depth: 0,
  };
}

/** What NULL means for a node. */
export function nullsOf({
  canFail,
  canBeBlank,
}: Pick<Typed, "canFail" | "canBeBlank">): Piece["nulls"] {
  if (canFail) {
    return canBeBlank ? "both" : "error";
  }
  return canBeBlank ? "blank" : "never";
}

/** A CASE over tests in order; a test that is an error (NULL) makes the whole NULL. */
export function caseOf(
  arms: readonly { readonly test: Piece; readonly value: Sql }[],
  rest: Sql,
): Sql {
  let built = rest;
  let whens: Sql[] = [];
  const close = () => {
    built =
      whens.length === 0 ? built : sql`case ${join(whens.toReversed(), " ")} else ${built} end`;
    whens = [];
  };
  for (const { test, value } of arms.toReversed()) {
    if (test.nulls === "error") {
      close();
      built = sql`case ${test.sql} when true then ${value} when false then ${built} end`;
    } else {
      whens.push(sql`when ${test.sql} then ${value}`);
    }
  }
  close();
  return built;
}

/** A truth value of which only true counts, made of others. */
export function madeOf(expression: Sql, parts: readonly Piece[]): Piece {
  return {
    sql: expression,
    nulls: "blank",
    simple: false,
    level: Math.max(0, ...parts.map(({ level }) => level)),
    depth: 1 + Math.max(0, ...parts.map(({ depth }) => depth)),
  };
}

/** The expressions of pieces. */
export function sqlsOf(pieces: readonly Piece[]): readonly Sql[] {
  return pieces.map((piece) => piece.sql);
}
