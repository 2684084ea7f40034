import { readFile } from "node:fs/promises";
import { escapeHtml, htmlPage } from "./html.ts";

const readme = new URL("../../../README.md", import.meta.url);
const TITLE = "Five-minute tour";

/** `/docs/tour`: the tour of the README as a page, with the address of this instance where it begins. */
export async function tourPage(publicUrl: string): Promise<Response> {
  const text = await readFile(readme, "utf8");
  const [, rest = ""] = text.split(`## ${TITLE}\n`);
  const [section = ""] = rest.split(/^## /m);
  const here = section.replace(/(export BASALT=)\S+/, `$1${publicUrl}`);
  return htmlPage(
    TITLE,
    `<header>\n<h1>${TITLE}</h1>\n<p class="soft">of <a href="/">this Basalt</a>.</p>\n</header>\n${blocks(here).join("\n")}`,
  );
}

/** The little of Markdown that the tour needs: paragraphs, `code`, fenced blocks; `/paths` of this instance are links. */
function blocks(markdown: string): string[] {
  return markdown
    .split(/^```/m)
    .flatMap((part, index) =>
      index % 2 === 1
        ? [`<pre>${escapeHtml(part.slice(part.indexOf("\n") + 1).trimEnd())}</pre>`]
        : paragraphs(part),
    );
}

function paragraphs(text: string): string[] {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== "")
    .map((paragraph) => `<p>${escapeHtml(paragraph).replace(/`([^`]+)`/g, code)}</p>`);
}

function code(_whole: string, text: string): string {
  const shown = `<code>${text}</code>`;
  return text.startsWith("/") ? `<a href="${text}">${shown}</a>` : shown;
}
