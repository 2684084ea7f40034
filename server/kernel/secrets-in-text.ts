const HIDDEN = "[hidden]";
const DEPTH_MAX = 6;

const secretName =
  /^(?:key|code|sid|otp|totp|pin|dsn)$|authorization|cookie|password|passwd|passphrase|secret|token|api[-_]?key|credential|private[-_]?key|signature|recovery|backup[-_]?codes?/i;

/**
 * The same fields with the values of those that are named like a secret hidden, down to six levels. `code` at the top
 * stays: there it is the code of a problem.
 */
export function hideFields(fields: Record<string, unknown>): Record<string, unknown> {
  return hide(fields, 0);
}

/**
 * The text without what is shaped like a secret: bearer and basic credentials, access tokens (`pat….…`), signed tokens (JWT), and
 * the user part of URLs.
 */
export function hideInText(text: string): string {
  return mayHold.test(text) ? text.replace(shapes, shown) : text;
}

/** Cheap look before the replacing. */
const mayHold =
  /bearer |basic |pat[A-Za-z0-9]{14}\.|eyJ|:\/\/[^/\s"]*@|[?&](?:token|key|sig|signature|secret|code|password)=/i;
const shapes =
  /(?<scheme>\b(?:bearer|basic)) +[A-Za-z0-9._~+/=-]{6,}|\bpat[A-Za-z0-9]{14}\.[A-Za-z0-9]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<protocol>:\/\/)[^/\s"@]*@|(?<name>[?&](?:token|key|sig|signature|secret|code|password)=)[^&\s"\\]+/gi;

function shown(...match: readonly unknown[]): string {
  const groups = match.at(-1);
  if (typeof groups === "object" && groups !== null) {
    const { scheme, protocol, name } = groups as Record<string, string | undefined>;
    if (scheme !== undefined) {
      return `${scheme} ${HIDDEN}`;
    }
    if (protocol !== undefined) {
      return `${protocol}${HIDDEN}@`;
    }
    if (name !== undefined) {
      return `${name}${HIDDEN}`;
    }
  }
  return HIDDEN;
}

function hide(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    const hidden = isSecret(name, value, depth) ? HIDDEN : deeper(value, depth);
    if (hidden !== value) {
      copy ??= { ...fields };
      copy[name] = hidden;
    }
  }
  return copy ?? fields;
}

function isSecret(name: string, value: unknown, depth: number): boolean {
  if (
    value === undefined ||
    value === null ||
    typeof value === "boolean" ||
    typeof value === "number"
  ) {
    return false;
  }
  return secretName.test(name) && !(name === "code" && depth === 0);
}

function deeper(value: unknown, depth: number): unknown {
  if (
    typeof value !== "object" ||
    value === null ||
    value instanceof Error ||
    value instanceof Date
  ) {
    return value;
  }
  if (depth >= DEPTH_MAX) {
    return HIDDEN;
  }
  if (Array.isArray(value)) {
    return value.map((each: unknown) => deeper(each, depth + 1));
  }
  return value instanceof Map || value instanceof Set ? value : hide({ ...value }, depth + 1);
}
