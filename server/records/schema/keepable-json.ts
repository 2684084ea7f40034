/**
 * True where `jsonb` can hold the value: no string in it has NUL or half a surrogate pair. `JSON.stringify` writes both
 * as `\\u....`, and no other text that we know of after an even number of backslashes.
 */
export function isKeepable(value: unknown): boolean {
  return !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/.test(JSON.stringify(value) ?? "");
}
