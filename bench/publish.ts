import { readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import type { Finding } from "./measure.ts";
import { promisedNumbers } from "./promises.ts";

/** Findings of one bench, under the name that `node bench/run.ts` takes. */
export type FindingsByBench = Readonly<Record<string, readonly Finding[]>>;

interface Published {
  readonly taken: string;
  /** The newest findings of every bench that was ever published. */
  readonly benches: FindingsByBench;
  readonly promises: readonly unknown[];
}

const jsonFile = new URL("../docs/figures.json", import.meta.url);
const pageFile = new URL("../docs/figures.md", import.meta.url);

/** Puts findings beside the promises they answer: `docs/figures.json`, which `/docs/figures` shows, and `docs/figures.md`. */
export async function publish(found: FindingsByBench): Promise<void> {
  const before = await readPublished();
  const benches = { ...before?.benches, ...found };
  const taken = `${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} cores of ${os.cpus()[0]?.model ?? "unknown"}, ${Math.round(os.totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`;
  const promises = promisedNumbers.map(({ benches: names, ...promise }) => ({
    ...promise,
    measured: names.flatMap((name) =>
      (benches[name] ?? []).map((finding) => ({
        ...finding,
        command: `node bench/run.ts ${name}`,
      })),
    ),
  }));
  await writeFile(jsonFile, `${JSON.stringify({ taken, benches, promises }, null, 2)}\n`);
  await writeFile(pageFile, pageOf(taken, promises));
}

async function readPublished(): Promise<Published | undefined> {
  try {
    return JSON.parse(await readFile(jsonFile, "utf8")) as Published;
  } catch {
    return undefined;
  }
}

interface ShownPromise {
  readonly id: string;
  readonly what: string;
  readonly promised: string;
  readonly note?: string;
  readonly measured: readonly (Finding & { readonly command: string })[];
}

function pageOf(taken: string, promises: readonly ShownPromise[]): string {
  const sections = promises.map(({ id, what, promised, note, measured }) => {
    const rows = measured.map(
      (one) =>
        `| ${one.what} | ${one.figure} | ${one.bar}${one.met ? "" : ", missed"} | ${one.raw} | \`${one.command}\` |`,
    );
    const table =
      rows.length === 0
        ? []
        : [
            "",
            "| measured | figure | bar | raw | command |",
            "| --- | --- | --- | --- | --- |",
            ...rows,
          ];
    return [
      `## ${id} ${what}`,
      "",
      `Promised: ${promised}.`,
      ...table,
      ...(note === undefined ? [] : ["", note]),
    ].join("\n");
  });
  return `# Plans and figures

Each number that the plans behind Basalt promise, beside what was measured, and the command that measures it again. Written by
\`node bench/run.ts --publish\`; the same page is served at \`/docs/figures\`. Taken ${taken}.

${sections.join("\n\n")}
`;
}
