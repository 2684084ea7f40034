/** Where one text stands to another in the order of Unicode code points: below 0, 0, above 0. */
export function compareTexts(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const mine = one.charCodeAt(index);
    const theirs = other.charCodeAt(index);
    if (mine !== theirs) {
      return codePointRank(mine) - codePointRank(theirs);
    }
  }
  return one.length - other.length;
}

/** Surrogates stand for characters beyond all that one UTF-16 unit can hold, so they sort after the private use area. */
function codePointRank(unit: number): number {
  return unit >= 0xd8_00 && unit <= 0xdf_ff ? unit + 0x1_00_00 : unit;
}

/** A stretch of a text in UTF-16 units; half a character at its edge becomes the replacement character. */
export function cut(text: string, start: number, end: number): string {
  return text.slice(start, end).toWellFormed();
}

/** Position of the needle from 1, or 0. Positions below 1 mean the start. An empty needle is found in any text but the empty one. */
export function positionOf(needle: string, hay: string, start: number): number {
  if (needle === "") {
    return hay === "" ? 0 : 1;
  }
  return hay.indexOf(needle, start >= 1 ? Math.trunc(start) - 1 : 0) + 1;
}

/** Replaces all occurrences, or only the one with the number (from 1). An empty `old` changes nothing. */
export function substituted(
  text: string,
  change: { readonly old: string; readonly with: string; readonly occurrence: number | null },
): string {
  if (change.old === "") {
    return text;
  }
  if (change.occurrence === null) {
    return text.split(change.old).join(change.with);
  }
  const wanted = Math.trunc(change.occurrence);
  let at = -1;
  let from = 0;
  for (let count = 0; count < wanted && (count === 0 || at >= 0); count += 1) {
    at = text.indexOf(change.old, from);
    from = at + change.old.length;
  }
  return at < 0 || !(wanted >= 1)
    ? text
    : text.slice(0, at) + change.with + text.slice(at + change.old.length);
}

/** Percent-encoded UTF-8; only letters, digits and - _ . ~ stay. */
export function urlComponent(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A linked record's name in a list: quoted when it holds a comma or a quote. */
export function quotedInList(text: string): string {
  return /[,"]/.test(text) ? `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"` : text;
}
