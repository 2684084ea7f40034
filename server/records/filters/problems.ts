import { messageOf, type FormulaProblem } from "@basalt/formulas";
import { Problem } from "#kernel";

/** A formula that is none, or that names what the table has not. Code `records.invalid-filter`. */
export function invalidFilter(problems: readonly FormulaProblem[]): Problem {
  return refusedFilter(messageOf(problems), problems);
}

/** A formula that PostgreSQL cannot hold in one statement. Code `records.invalid-filter`. */
export function filterTooLarge(cause: unknown): Problem {
  return refusedFilter(messageOf([]), [], cause);
}

function refusedFilter(
  reason: string,
  problems: readonly FormulaProblem[],
  cause?: unknown,
): Problem {
  const message = `The formula for filtering records is invalid: ${reason}`;
  return new Problem("invalid", "records.invalid-filter", {
    message,
    fields: { filterByFormula: problems[0]?.detail ?? reason },
    airtable: { type: "INVALID_FILTER_BY_FORMULA", message },
    extra: {
      problems: problems.slice(0, PROBLEMS_SHOWN_MAX).map(({ detail, at, end, suggestion }) => ({
        detail,
        at,
        end,
        ...(suggestion !== undefined && { suggestion }),
      })),
    },
    cause,
  });
}

/** Faults told one by one; the message names all of them. */
const PROBLEMS_SHOWN_MAX = 20;
