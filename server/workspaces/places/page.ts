/** A page as it goes out: `next` is there as long as more follow. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** Cuts a page out of rows that were asked for with one more than the limit. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  cursorOf: (row: T) => string,
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: cursorOf(last) } : { items };
}

/** The query of a URL as an object; of a name given twice the last one counts. */
export function pageQuery(url: string): Readonly<Record<string, string>> {
  return Object.fromEntries(new URL(url).searchParams);
}
