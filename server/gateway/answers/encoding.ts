/** Encodings that answers are sent in, the one that costs least for what it saves first. */
export const encodings = ["zstd", "br", "gzip"] as const;

export type Encoding = (typeof encodings)[number];

/**
 * The encoding that a caller takes and we like best; undefined for none. Source: RFC 9110, 12.5.3. What weighs more wins; among equals
 * ours. `*` stands for what is not named; a weight of 0 is a refusal.
 */
export function encodingFor(acceptEncoding: string | null): Encoding | undefined {
  if (acceptEncoding === null || acceptEncoding === "") {
    return undefined;
  }
  const weights = weightsIn(acceptEncoding);
  const others = weights.get("*") ?? 0;
  let best: Encoding | undefined;
  let bestWeight = 0;
  for (const encoding of encodings) {
    const weight = weights.get(encoding) ?? others;
    if (weight > bestWeight) {
      best = encoding;
      bestWeight = weight;
    }
  }
  return bestWeight >= (weights.get("identity") ?? 0) ? best : undefined;
}

/** More is not looked at: nobody has so many. */
const PARTS_MAX = 20;

function weightsIn(acceptEncoding: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const part of acceptEncoding.slice(0, 500).split(",", PARTS_MAX)) {
    const [, name = "", weight = "1"] =
      /^\s*([\w*.-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*$/i.exec(part) ?? [];
    if (name !== "") {
      const encoding = name.toLowerCase();
      weights.set(encoding === "x-gzip" ? "gzip" : encoding, Number(weight));
    }
  }
  return weights;
}
