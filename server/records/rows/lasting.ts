import { linkSteadyUntil } from "#files";
import { shownAs } from "../field-types/registry.ts";
import type { Field, View } from "../schema/base-schema.ts";
import { peopleTypes } from "./people.ts";
import type { RecordShape } from "./record-json.ts";

/** How long what was read stays what would be read again, as long as the base does not change. */
export interface Lasting {
  /** Milliseconds since 1970; Infinity where time does nothing to it, 0 where it must not be kept at all. */
  readonly untilMs: number;
  /** Holds names of people, which change without the base. */
  readonly namesPeople: boolean;
  /** Holds what stands in other tables of the base. */
  readonly readsOtherTables: boolean;
}

/** What records of these fields, written in this shape at this time, depend on besides their rows. */
export function lastingOf(
  now: Date,
  { fields, shape }: { readonly fields: readonly Field[]; readonly shape: RecordShape },
): Lasting {
  let untilMs = Infinity;
  let namesPeople = false;
  let readsOtherTables = false;
  for (const field of fields) {
    const { type } = shownAs(field).as;
    namesPeople ||= peopleTypes.has(type);
    readsOtherTables ||= type === "multipleRecordLinks" && shape.cellFormat !== "json";
    if (type === "multipleAttachments") {
      untilMs = linkSteadyUntil(now).getTime();
    }
  }
  return { untilMs, namesPeople, readsOtherTables };
}

/** The next full minute: what carries an offset, whose age is counted in minutes, is written anew then. */
export function nextMinuteMs(now: Date): number {
  return (Math.floor(now.getTime() / MINUTE_MS) + 1) * MINUTE_MS;
}

const MINUTE_MS = 60_000;

const followers = new WeakMap<View, boolean>();

/** True where the view's filter names days by their distance from today. True is safe. */
export function followsClock(view: View): boolean {
  let follows = followers.get(view);
  if (follows === undefined) {
    follows = /"mode":"(?!exactDate")/.test(JSON.stringify(view.options["filters"] ?? null));
    followers.set(view, follows);
  }
  return follows;
}
