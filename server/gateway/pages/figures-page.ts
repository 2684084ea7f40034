import { readFile } from "node:fs/promises";
import { escapeHtml, htmlPage } from "./html.ts";

/** Written by `node bench/run.ts --publish`. */
const published = new URL("../../../docs/figures.json", import.meta.url);

/** What was promised, beside what was measured. */
export interface PublishedPromise {
  /** The number of the plans' list. */
  readonly id: string;
  readonly what: string;
  /** As the plans put it, with their contradictions. */
  readonly promised: string;
  readonly measured: readonly Measured[];
  /** Why nothing is measured, or what the figure does not show. */
  readonly note?: string;
}

export interface Measured {
  readonly what: string;
  readonly figure: string;
  readonly bar: string;
  readonly met: boolean;
  /** The raw figures behind the ratio. */
  readonly raw: string;
  readonly command: string;
}

/** The file that the page shows. */
export interface PublishedFigures {
  /** The day, and what machine with what load. */
  readonly taken: string;
  readonly promises: readonly PublishedPromise[];
}

/** `/docs/figures`: each promised number beside ours, with the command that measured it. */
export async function figuresPage(): Promise<Response> {
  const figures = JSON.parse(await readFile(published, "utf8")) as PublishedFigures;
  return htmlPage(
    "Plans and figures",
    `<header>
<h1>Plans and figures</h1>
<p class="soft">The numbers that the plans behind Basalt promise, and what was measured. A figure means nothing without its
machine and its command: ${escapeHtml(figures.taken)}. Ratios are taken in one alternating run.</p>
</header>
${figures.promises.map(section).join("\n")}
<p class="soft">All figures, with those that no plan promised: <code>bench/RESULTS.md</code>. What it costs: <a href="/docs/costs">costs</a>.</p>`,
  );
}

function section({ id, what, promised, measured, note }: PublishedPromise): string {
  const rows = measured.map(
    (one) =>
      `<tr><td>${escapeHtml(one.what)}<br><code>${escapeHtml(one.command)}</code></td><td><strong>${escapeHtml(one.figure)}</strong><br><span class="soft">${escapeHtml(one.raw)}</span></td><td>${escapeHtml(one.bar)}${one.met ? "" : '<br><span class="wrong">missed</span>'}</td></tr>`,
  );
  const table =
    rows.length === 0
      ? ""
      : `<div class="wide"><table><thead><tr><th>Measured</th><th>Figure</th><th>Bar</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
  return `<h2 id="${escapeHtml(id)}">${escapeHtml(id)} ${escapeHtml(what)}</h2>
<p>Promised: ${escapeHtml(promised)}</p>
${table}
${note === undefined ? "" : `<p class="soft">${escapeHtml(note)}</p>`}`;
}
