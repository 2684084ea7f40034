import { RE2JS } from "re2js";
import { TEXT_RESULT_MAX_CHARACTERS } from "../language/limits.ts";

/** Compiled patterns kept; a formula has few, and patterns that come from cells must not fill memory. */
const PATTERNS_MAX = 200;
const patterns = new Map<string, RE2JS | null>();

/** The compiled form of an RE2 pattern, which matches in linear time; null when the pattern is none. */
export function patternOf(text: string): RE2JS | null {
  const known = patterns.get(text);
  if (known !== undefined) {
    return known;
  }
  if (patterns.size >= PATTERNS_MAX) {
    patterns.clear();
  }
  const made = compiled(text);
  patterns.set(text, made);
  return made;
}

function compiled(text: string): RE2JS | null {
  try {
    return RE2JS.compile(text);
  } catch {
    return null;
  }
}

/** True when the pattern occurs in the text; null when the pattern is none. */
export function matches(text: string, pattern: string): boolean | null {
  return patternOf(pattern)?.matcher(text).find() ?? null;
}

/** The first group of the first match (the whole match without groups); null when there is none. Open point 9.4. */
export function extracted(text: string, pattern: string): string | null {
  const matcher = patternOf(pattern)?.matcher(text);
  if (matcher === undefined || !matcher.find()) {
    return null;
  }
  return matcher.groupCount() > 0 ? (matcher.group(1) ?? "") : (matcher.group() ?? "");
}

/** Every match replaced; `$1` to `$9` insert groups and `$$` a dollar. Null when the pattern is none or the text gets too long. */
export function replacedMatches(text: string, pattern: string, replacement: string): string | null {
  const matcher = patternOf(pattern)?.matcher(text);
  if (matcher === undefined) {
    return null;
  }
  let result = "";
  let copied = 0;
  while (matcher.find()) {
    result +=
      text.slice(copied, matcher.start()) + expanded(replacement, (group) => matcher.group(group));
    copied = matcher.end();
    if (result.length > TEXT_RESULT_MAX_CHARACTERS) {
      return null;
    }
  }
  const whole = result + text.slice(copied);
  return whole.length > TEXT_RESULT_MAX_CHARACTERS ? null : whole;

  function expanded(template: string, group: (number: number) => string | null): string {
    return template.replaceAll(/\$([1-9$])/g, (_, what: string) => {
      if (what === "$") {
        return "$";
      }
      return Number(what) <= (matcher?.groupCount() ?? 0) ? (group(Number(what)) ?? "") : "";
    });
  }
}
