/** What is wrong: the text itself, a name that means nothing, or a call that cannot work. */
export type FormulaProblemCode =
  | "syntax"
  | "limit"
  | "unknown-function"
  | "unknown-field"
  | "arguments"
  | "cycle";

/** One fault of a formula, as a value. `at` and `end` count UTF-16 units from the start of the formula text. */
export interface FormulaProblem {
  readonly code: FormulaProblemCode;
  /** Airtable's wording, which clients match on. */
  readonly message: string;
  /** What exactly is wrong and where, for the person who wrote it. */
  readonly detail: string;
  readonly at: number;
  readonly end: number;
  /** A name that was probably meant. */
  readonly suggestion?: string;
  /** The name that is unknown, as it was written. */
  readonly name?: string;
}

const INVALID_TEXT = "Invalid formula. Please check your formula text.";

/** The problem of a text that is not a formula. */
export function syntaxProblem(detail: string, at: number, end: number): FormulaProblem {
  return {
    code: "syntax",
    message: INVALID_TEXT,
    detail: `${detail} (character ${at + 1})`,
    at,
    end,
  };
}

/** The problem of a formula that is too long, too deep or has too many parts. */
export function limitProblem(detail: string, at: number): FormulaProblem {
  return { code: "limit", message: INVALID_TEXT, detail, at, end: at };
}

/** The problem of a call with a wrong number or kind of arguments. */
export function argumentsProblem(name: string, detail: string, span: Span): FormulaProblem {
  return {
    code: "arguments",
    message: `Invalid arguments for function ${name}`,
    detail: `${detail} (character ${span.at + 1})`,
    at: span.at,
    end: span.end,
  };
}

/** A stretch of the formula text, in UTF-16 units; `end` is the position after its last character. */
export interface Span {
  readonly at: number;
  readonly end: number;
}

/** The problem of a name that is no function, or no field of the table; `known` are the names that could be meant. */
export function unknownName(
  code: "unknown-function" | "unknown-field",
  name: string,
  { at, end, known }: Span & { readonly known: Iterable<string> },
): FormulaProblem {
  const suggestion = closestName(name, known);
  const what = code === "unknown-function" ? "function" : "field";
  const hint = suggestion === undefined ? "" : ` Did you mean ${suggestion}?`;
  return {
    code,
    message: airtableMessage(code, [name]),
    detail: `There is no ${what} called ${name} (character ${at + 1}).${hint}`,
    at,
    end,
    name,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** One message for all problems of a formula, in Airtable's words. */
export function messageOf(problems: readonly FormulaProblem[]): string {
  const first =
    problems.find(({ code }) => code === "syntax" || code === "limit") ??
    problems.find(({ code }) => code === "unknown-function") ??
    problems.find(({ code }) => code === "unknown-field") ??
    problems[0];
  if (first === undefined) {
    return INVALID_TEXT;
  }
  if (first.code !== "unknown-field" && first.code !== "unknown-function") {
    return first.message;
  }
  const names = problems.filter(({ code }) => code === first.code).map(({ name }) => name ?? "");
  return airtableMessage(first.code, names);
}

function airtableMessage(code: "unknown-function" | "unknown-field", names: string[]): string {
  return code === "unknown-field"
    ? `Unknown field names: ${[...new Set(names.map((name) => name.toLowerCase()))].join(", ")}`
    : `Unknown function names: ${[...new Set(names.map((name) => name.toUpperCase()))].join(", ")}`;
}

/** Names longer than this are not compared: the cost grows with the product of both lengths. */
const COMPARED_MAX_CHARACTERS = 60;
/** Names looked at for one suggestion. */
const CANDIDATES_MAX = 500;

/** The known name nearest to a misspelt one, or nothing when none is near (a third of its letters, two at least). */
export function closestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  if (wanted.length > COMPARED_MAX_CHARACTERS) {
    return undefined;
  }
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  let seen = 0;
  for (const candidate of known) {
    seen += 1;
    if (seen > CANDIDATES_MAX) {
      break;
    }
    if (Math.abs(candidate.length - wanted.length) < bestDistance) {
      const distance = editDistance(wanted, candidate.toLowerCase());
      if (distance < bestDistance) {
        bestDistance = distance;
        best = candidate;
      }
    }
  }
  return bestDistance < wanted.length ? best : undefined;
}

/** Letters to insert, delete or replace to get from one word to the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      line.push(Math.min(replaced, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1));
    }
    above = line;
  }
  return above[to.length] ?? 0;
}
