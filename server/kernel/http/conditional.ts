/**
 * True where `If-None-Match` names this tag: the caller has what it asks for. Tags are compared weakly, as RFC 9110 asks
 * for this header.
 */
export function isTagNamed(ifNoneMatch: string | null | undefined, etag: string): boolean {
  if (ifNoneMatch === null || ifNoneMatch === undefined) {
    return false;
  }
  const opaque = withoutWeak(etag);
  return ifNoneMatch.split(",").some((tag) => {
    const text = tag.trim();
    return text === "*" || withoutWeak(text) === opaque;
  });
}

function withoutWeak(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}
