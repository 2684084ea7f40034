/** What is chosen from: a name, and how much of the requests it should get beside the others. */
export interface Weighted {
  readonly name: string;
  readonly weight: number;
}

/**
 * Picks for a key, always the same for the same key and weights (weighted rendezvous hashing): raising a weight moves only
 * the share that it gains, and taking one away moves only what it had. Undefined where all weigh nothing.
 */
export function chooseTarget<T extends Weighted>(
  targets: readonly T[],
  key: string,
): T | undefined {
  let best: T | undefined;
  let bestScore = Infinity;
  for (const target of targets) {
    if (target.weight > 0) {
      const score = -Math.log(pointOf(target.name, key)) / target.weight;
      if (score < bestScore) {
        best = target;
        bestScore = score;
      }
    }
  }
  return best;
}

/** A point between 0 and 1 (never either) that looks random and is the same each time. */
function pointOf(name: string, key: string): number {
  // FNV-1a over both texts, then the final mix of MurmurHash3: few instructions, evenly spread.
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ 0xff, 0x01000193);
  for (let at = 0; at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return ((hash >>> 0) + 0.5) / 0x1_0000_0000;
}
