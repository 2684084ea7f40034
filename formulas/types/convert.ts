import type { Inner } from "../values/inner.ts";
import { ERROR } from "../values/inner.ts";
import { arrayOfOne, emptyArray, joinOperation, singleNumber } from "./array-operations.ts";
import {
  booleanNumber,
  fillOperation,
  notANumber,
  requiredDate,
  singleDate,
  singleTextDate,
  textDate,
  textNumber,
  textOperations,
  truthOfArray,
  truthOfDate,
  truthOfNumber,
  truthOfSpecial,
  truthOfText,
  wholeNumberText,
  withNullAsError,
  zeroBlankText,
} from "./conversions.ts";
import {
  arrayKind,
  blankKind,
  booleanKind,
  countKind,
  dateTimeKind,
  isBounded,
  numberKind,
  textKind,
} from "./kinds.ts";
import { precisionOf, type ArrayKind, type Kind } from "./kinds.ts";
import { call, choice, constant, retyped, switched, type Typed } from "./typed.ts";

/** A node as text; blank is the empty text. */
export function toText(node: Typed): Typed {
  return filled(textOrBlank(node), "");
}

/** A node as text that stays blank where the node is blank. */
export function textOrBlank(node: Typed): Typed {
  const { kind } = node;
  switch (kind.type) {
    case "text":
      return node;
    case "blank":
      return retyped(node, textKind);
    case "mixed":
      return distributed(node, textKind, textOrBlank);
    case "array":
      return call(joinOperation(kind), [node], { kind: textKind });
    case "number":
      return call(isBounded(kind) ? wholeNumberText : textOperations.number, [node], {
        kind: textKind,
      });
    default:
      return call(textOperations[kind.type], [node], { kind: textKind });
  }
}

/** A node as the text of a result whose branches disagree: as `toText`, but the number 0 is blank. Open point 9.10. */
export function toMixedText(node: Typed): Typed {
  if (node.kind.type === "mixed") {
    return distributed(node, textKind, toMixedText);
  }
  return node.kind.type === "number" || node.kind.type === "boolean"
    ? call(zeroBlankText, [toNumber(node)], { kind: textKind, canBeBlank: true })
    : textOrBlank(node);
}

/** A node as a number; blank is 0, what is no number is NaN. */
export function toNumber(node: Typed): Typed {
  const { kind } = node;
  switch (kind.type) {
    case "number":
      return filled(node, 0);
    case "boolean":
      return filled(call(booleanNumber, [node], { kind: countKind }), 0);
    case "text":
      return filled(call(textNumber, [node], { kind: numberKind(0) }), 0);
    case "blank":
      return filled(retyped(node, countKind), 0);
    case "mixed":
      return distributed(node, numberKind(0), toNumber);
    case "date":
      return filled(call(notANumber, [node], { kind: numberKind(0) }), 0);
    case "array":
      return call(singleNumber(kind), [filledArray(node)], { kind: numberKind(precisionOf(kind)) });
  }
}

/** A node as a truth value. NaN as a condition is an error. */
export function toBoolean(node: Typed): Typed {
  const { kind } = node;
  switch (kind.type) {
    case "boolean":
      return filled(node, false);
    case "number":
      return kind.special
        ? call(truthOfSpecial, [toNumber(node)], { kind: booleanKind, canFail: true })
        : filled(call(truthOfNumber, [node], { kind: booleanKind }), false);
    case "text":
      return filled(call(truthOfText, [node], { kind: booleanKind }), false);
    case "blank":
      return filled(retyped(node, booleanKind), false);
    case "mixed":
      return distributed(node, booleanKind, toBoolean);
    case "date":
      return filled(call(truthOfDate, [node], { kind: booleanKind }), false);
    case "array":
      return filled(call(truthOfArray, [node], { kind: booleanKind }), false);
  }
}

/** A node as a date that must be there: blank and what is no date are errors. Open point 9.5. */
export function toDate(node: Typed): Typed {
  const date = dateOrBlank(node);
  if (date.op === "call" && date.operation.fails !== undefined) {
    return call(withNullAsError(date.operation), date.arguments, {
      kind: date.kind,
      canFail: true,
    });
  }
  return date.canBeBlank || isConstantBlank(date)
    ? call(requiredDate, [date], { kind: date.kind, canFail: true })
    : date;
}

/** A node as a date that may be blank; what is no date is an error. */
export function dateOrBlank(node: Typed): Typed {
  const { kind } = node;
  switch (kind.type) {
    case "date":
      return node;
    case "text":
      return call(textDate, [node], {
        kind: dateKindOfText(node),
        canFail: true,
        canBeBlank: true,
      });
    case "blank":
      return retyped(node, dateTimeKind);
    case "mixed":
      return distributed(node, commonDate(node), dateOrBlank);
    case "array":
      return kind.of.type === "number"
        ? constant(ERROR, dateTimeKind)
        : call(kind.of.type === "date" ? singleDate : singleTextDate, [filledArray(node)], {
            kind: kind.of.type === "date" ? kind.of : dateTimeKind,
            canFail: true,
            canBeBlank: true,
          });
    default:
      return constant(ERROR, dateTimeKind);
  }
}

/** A node as an array; a single value is an array of one, blank is an empty array. */
export function toArray(node: Typed): Typed & { readonly kind: ArrayKind } {
  const { kind } = node;
  if (kind.type === "array") {
    return filledArray(node);
  }
  if (kind.type === "mixed" || kind.type === "boolean" || kind.type === "blank") {
    return toArray(kind.type === "boolean" ? toNumber(node) : textOrBlank(node));
  }
  const made = arrayKind(kind);
  return asArray(call(arrayOfOne(kind), [node], { kind: made }), made);
}

/** Puts a conversion into every branch of a choice, so that each branch is converted from its own kind. */
export function distributed(node: Typed, kind: Kind, convert: (branch: Typed) => Typed): Typed {
  if (node.op === "choice") {
    const { condition } = node;
    return choice(kind, {
      condition,
      result: convert(node.result),
      otherwise: convert(node.otherwise),
    });
  }
  if (node.op === "switch") {
    const cases = node.cases.map(({ test, result }) => ({ test, result: convert(result) }));
    return switched(kind, { ...node, cases, otherwise: convert(node.otherwise) });
  }
  return convert({ ...node, kind: blankKind });
}

/** The node with a value in the place of blank. */
export function filled(node: Typed, value: number | string | boolean): Typed {
  if (!node.canBeBlank) {
    return node;
  }
  return call(fillOperation(value), [node], { kind: node.kind });
}

function isConstantBlank(node: Typed): boolean {
  return node.op === "constant" && node.value === null;
}

function dateKindOfText(node: Typed): Kind {
  return { type: "date", dateOnly: DATE_WITHOUT_TIME.test(constantText(node) ?? "") };
}

const DATE_WITHOUT_TIME = /^\s*[\d/-]+\s*$/;

/** A choice of dates is date-only when every branch that can be a date is. */
function commonDate(node: Typed): Kind {
  const branches =
    node.op === "choice"
      ? [node.result, node.otherwise]
      : node.op === "switch"
        ? [...node.cases.map(({ result }) => result), node.otherwise]
        : [];
  const dates = branches.filter(({ kind }) => kind.type === "date" || kind.type === "mixed");
  const dateOnly = dates.every(({ kind }) => kind.type === "date" && kind.dateOnly);
  return { type: "date", dateOnly: dates.length > 0 && dateOnly };
}

function filledArray(node: Typed): Typed & { readonly kind: ArrayKind } {
  const kind = node.kind as ArrayKind;
  return asArray(node.canBeBlank ? call(emptyArray(kind.of), [node], { kind }) : node, kind);
}

function asArray(node: Typed, kind: ArrayKind): Typed & { readonly kind: ArrayKind } {
  return { ...node, kind };
}

/** A value as it leaves an expression, for the places that need a number for true and false. */
export function settled(node: Typed): Typed {
  return node.kind.type === "boolean" ? toNumber(node) : node;
}

/** What `Inner` texts of a constant are, for the rules that look at arguments before anything runs. */
export function constantText(node: Typed | undefined): string | null {
  return node?.op === "constant" && typeof node.value === "string" ? node.value : null;
}

/** The number of a constant argument, or null when it is not known. */
export function constantNumber(node: Typed | undefined): number | null {
  const value: Inner | undefined = node?.op === "constant" ? node.value : undefined;
  return typeof value === "number" ? value : null;
}
