const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that a text is, spaces around it aside; null when it is none. */
export function numberIn(text: string): number | null {
  const trimmed = text.trim();
  return DECIMAL.test(trimmed) ? Number(trimmed) + 0 : null;
}

/** A text as a number: empty is 0, what is no number is NaN. */
export function textToNumber(text: string): number {
  return text.trim() === "" ? 0 : (numberIn(text) ?? Number.NaN);
}

/** The shortest decimal that reads back as the same number, as JavaScript prints it. */
export function numberText(value: number): string {
  return String(value);
}

/** a / b without a negative zero: the sign of the result is the sign of a. */
export function divide(dividend: number, divisor: number): number {
  if (divisor !== 0) {
    return dividend / divisor;
  }
  return dividend === 0 || Number.isNaN(dividend) ? Number.NaN : Math.sign(dividend) * Infinity;
}

/** Remainder with the sign of the first number. Open point 9.3. */
export function remainder(value: number, divisor: number): number {
  return (value % divisor) + 0;
}

/** Smallest multiple of the step that is not below the value; a negative step counts as positive. Open point 9.3. */
export function ceilingTo(value: number, step: number): number {
  return step === 0 ? Number.NaN : Math.ceil(value / Math.abs(step)) * Math.abs(step) + 0;
}

/** Largest multiple of the step that is not above the value; a negative step counts as positive. Open point 9.3. */
export function floorTo(value: number, step: number): number {
  return step === 0 ? Number.NaN : Math.floor(value / Math.abs(step)) * Math.abs(step) + 0;
}

/** Smallest even number that is not below the value. Open point 9.3. */
export function nextEven(value: number): number {
  return 2 * Math.ceil(value / 2) + 0;
}

/** The next odd number away from zero. */
export function nextOdd(value: number): number {
  return value < 0 ? -nextOdd(-value) : 2 * Math.ceil((value - 1) / 2) + 1;
}

/** Logarithm; a base of 1, 0 or less has none. */
export function logarithm(value: number, base: number): number {
  if (Number.isNaN(value) || Number.isNaN(base) || value < 0 || base <= 0 || base === 1) {
    return Number.NaN;
  }
  if (base === 10) {
    return Math.log10(value);
  }
  return base === 2 ? Math.log2(value) : Math.log(value) / Math.log(base);
}

/** Beyond this many digits a double has nothing to round, and powers of ten leave its range. */
const SHIFT_MAX_DIGITS = 300;

/** Rounds after moving the point, on plain doubles. `digits` is cut to a whole number. */
export function roundedAt(
  value: number,
  digits: number,
  round: (shifted: number) => number,
): number {
  const places = Math.trunc(digits);
  if (Number.isNaN(places) || !Number.isFinite(value) || places > SHIFT_MAX_DIGITS) {
    return Number.isNaN(places) ? Number.NaN : value;
  }
  if (places < -SHIFT_MAX_DIGITS) {
    return 0;
  }
  if (places < 0) {
    const unit = 10 ** -places;
    return round(value / unit) * unit + 0;
  }
  const unit = 10 ** places;
  const shifted = value * unit;
  return Number.isFinite(shifted) ? round(shifted) / unit + 0 : value;
}

/** Away from zero. */
export function awayFromZero(value: number): number {
  return Math.sign(value) * Math.ceil(Math.abs(value));
}

/** What is left of a text when only digits, the first point and a minus before them are kept. */
export function numberWithin(text: string): number {
  const negative = /^[^0-9.]*-/.test(text);
  const kept = text.replaceAll(/[^0-9.]/g, "");
  const point = kept.indexOf(".");
  const digits =
    point < 0 ? kept : kept.slice(0, point + 1) + kept.slice(point).replaceAll(".", "");
  return /\d/.test(digits) ? Number(`${negative ? "-" : ""}${digits}`) + 0 : Number.NaN;
}
