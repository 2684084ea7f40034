import type { About } from "../gateway.ts";
import { escapeHtml, htmlPage } from "./html.ts";

/** `/`: what runs here and where to go on. */
export function welcomePage(about: About, startedAt: Date, now: Date): Response {
  const facts = [
    ["Version", about.version],
    ["Database", about.database],
    ["Running for", duration(now.getTime() - startedAt.getTime())],
  ].map(([name = "", value = ""]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`);
  return htmlPage(
    "Running",
    `<header>
<h1>Basalt is running</h1>
<p class="soft">An open, self-hosted data platform that speaks Airtable's API over PostgreSQL.</p>
</header>
<dl class="facts">${facts.join("")}</dl>
<nav class="cards">
${cards.map(card).join("\n")}
</nav>
<p class="soft">For programs that watch it: <a href="/health">health</a>, <a href="/ready">readiness</a>,
<a href="/metrics">metrics</a>. The web app is not part of this version yet.</p>`,
  );
}

interface Card {
  readonly href: string;
  readonly title: string;
  readonly text: string;
}

const cards: readonly Card[] = [
  {
    href: "/docs/tour",
    title: "Five-minute tour",
    text: "Register, make a base, read and write records with curl, airtable.js and pyairtable.",
  },
  {
    href: "/docs",
    title: "API reference",
    text: "Every operation, with its inputs and answers. Try them from the page.",
  },
  {
    href: "/openapi.json",
    title: "OpenAPI",
    text: "The same for programs: generate a client, import it into a tool.",
  },
  {
    href: "/docs/problems",
    title: "Problems",
    text: "What errors look like, and what each status means.",
  },
  {
    href: "/docs/figures",
    title: "Plans and figures",
    text: "What was promised, what was measured, and the command that measures it again.",
  },
  {
    href: "/docs/costs",
    title: "Costs",
    text: "What a layout costs a month, at prices that you may change.",
  },
];

function card({ href, title, text }: Card): string {
  return `<a href="${href}"><strong>${title}</strong><span>${text}</span></a>`;
}

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const days = Math.floor(minutes / 1_440);
  const hours = Math.floor((minutes % 1_440) / 60);
  const parts = [
    [days, "d"],
    [hours, "h"],
    [minutes % 60, "min"],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return shown.length === 0 ? "less than a minute" : shown.join(" ");
}
