/** What `#ERROR!` is while a formula is computed. */
export const ERROR: unique symbol = Symbol("#ERROR!");

/**
 * A value while a formula is computed. What it is follows from the kind of its node, so nothing is asked at run time:
 * a date is its milliseconds since 1970 (UTC), blank is null, and arrays hold such values but no errors.
 */
export type Inner = number | string | boolean | null | typeof ERROR | readonly Element[];
export type Element = number | string | null;

/** What one evaluation works on. */
export interface Run {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly recordId: string;
  /** Milliseconds since 1970. */
  readonly createdTime: number;
  /** When one of the fields (none listed: any that people can change) was last changed, in milliseconds since 1970. */
  readonly lastModified: (fieldIds: readonly string[]) => number | null;
  readonly field: (id: string) => Inner;
  /** Subjects of the switches that are being worked on. */
  readonly slots: Inner[];
}
