/**
 * Several texts in Prometheus' format as one: samples of a metric stand together under one head, as the format demands.
 * Samples must differ by a label already; where two texts have the same sample, the first one's counts.
 */
export function mergeExpositions(texts: readonly string[]): string {
  const families = new Map<
    string,
    { readonly head: string[]; readonly samples: Map<string, string> }
  >();
  for (const text of texts) {
    let family: { readonly head: string[]; readonly samples: Map<string, string> } | undefined;
    for (const line of text.split("\n")) {
      const [, keyword, name = ""] = /^# (HELP|TYPE) (\S+)/.exec(line) ?? [];
      if (keyword !== undefined) {
        family = families.get(name) ?? { head: [], samples: new Map() };
        families.set(name, family);
        if (!family.head.some((known) => known.startsWith(`# ${keyword} `))) {
          family.head.push(line);
        }
      } else if (line !== "" && !line.startsWith("#")) {
        const series = line.slice(0, line.lastIndexOf(" "));
        if (family?.samples.has(series) === false) {
          family.samples.set(series, line);
        }
      }
    }
  }
  return [...families.values()]
    .map(({ head, samples }) => [...head, ...samples.values()].join("\n"))
    .join("\n\n")
    .concat("\n");
}
