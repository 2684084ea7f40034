/** No double is written longer, grouping and all; bounds the work on a hostile text. */
const LONGEST_NUMBER_CHARACTERS = 500;

/**
 * The number that a person wrote: `1,234.5`, ` 12 `, `$5`, `(5)`, `1e3`. Signs of currency, spaces and grouping are taken
 * off. Undefined where the text is no number.
 *
 * A comma groups where groups of three stand behind it and is a decimal comma otherwise; where a comma follows points
 * that group (`1.234,5`) it is decimal too.
 */
export function numberOf(text: string, symbol = ""): number | undefined {
  if (text.length > LONGEST_NUMBER_CHARACTERS) {
    return undefined;
  }
  let rest = text.trim();
  const bracketed = /^\((.*)\)$/.exec(rest);
  rest = bracketed?.[1] ?? rest;
  if (symbol !== "") {
    rest = rest.replace(symbol, "");
  }
  rest = rest.replaceAll(/[\p{Sc}\s'’_]/gu, "").replace(/^[−–]/, "-");
  if (/^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(rest)) {
    rest = rest.replaceAll(",", "");
  } else if (/^[+-]?\d{1,3}(?:\.\d{3})+,\d+$/.test(rest)) {
    rest = rest.replaceAll(".", "").replace(",", ".");
  } else if (/^[+-]?\d+,\d+$/.test(rest)) {
    rest = rest.replace(",", ".");
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(rest)) {
    return undefined;
  }
  const number = Number(rest);
  return Number.isFinite(number) ? tidy(bracketed === null ? number : -number) : undefined;
}

/** The same with a percent sign, which divides by 100. */
export function percentOf(
  text: string,
): { readonly number: number; readonly signed: boolean } | undefined {
  const signed = text.includes("%");
  const number = numberOf(signed ? text.replace("%", "") : text);
  return number === undefined ? undefined : { number, signed };
}

/** Moves the decimal point without the noise of a multiplication: `shift(12.3, -2)` is 0.123. */
export function shift(number: number, places: number): number {
  if (!Number.isFinite(number)) {
    return number;
  }
  const text = String(number);
  const [digits = text, exponent = "0"] = text.split("e");
  return Number(`${digits}e${Number(exponent) + places}`);
}

/** A finite number with so many decimals, no grouping, a point in every locale, never `-0`. */
export function fixed(number: number, precision: number): string {
  const text = number.toFixed(precision);
  return /^-0(?:\.0+)?$/.test(text) ? text.slice(1) : text;
}

/** Zero without a sign. */
export function tidy(number: number): number {
  return number === 0 ? 0 : number;
}
