/** Which fields each field is computed from: id -> ids. Fields that are not computed need no entry. */
export type DependencyGraph = ReadonlyMap<string, readonly string[]>;

/**
 * A cycle of the graph as the path that closes it (`[a, b, c, a]`: a is computed from b, b from c, c from a), or null.
 * Walks with its own stack, so that long chains of formulas cannot exhaust the program's.
 */
export function cycleIn(graph: DependencyGraph): readonly string[] | null {
  const finished = new Set<string>();
  for (const start of graph.keys()) {
    const cycle = cycleFrom(start, graph, finished);
    if (cycle !== null) {
      return cycle;
    }
  }
  return null;
}

/** The fields in an order in which each comes after those that it is computed from. The graph must have no cycle. */
export function computingOrder(graph: DependencyGraph): readonly string[] {
  const finished = new Set<string>();
  for (const start of graph.keys()) {
    cycleFrom(start, graph, finished);
  }
  return [...finished].filter((id) => graph.has(id));
}

function cycleFrom(
  start: string,
  graph: DependencyGraph,
  finished: Set<string>,
): readonly string[] | null {
  if (finished.has(start)) {
    return null;
  }
  const path: { id: string; next: number }[] = [{ id: start, next: 0 }];
  const onPath = new Set([start]);
  for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
    const target = (graph.get(here.id) ?? [])[here.next];
    here.next += 1;
    if (target === undefined) {
      finished.add(here.id);
      onPath.delete(here.id);
      path.pop();
    } else if (onPath.has(target)) {
      const ids = path.map(({ id }) => id);
      return [...ids.slice(ids.indexOf(target)), target];
    } else if (!finished.has(target)) {
      path.push({ id: target, next: 0 });
      onPath.add(target);
    }
  }
  return null;
}
