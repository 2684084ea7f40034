import type { About } from "./gateway.ts";
import { escapeHtml, htmlPage } from "./html.ts";

/** `/`: what runs here and where to go on. */
export function welcomePage(about: About, startedAt: Date, now: Date): Response {
  const rows = [
    ["Version", about.version],
    ["Database", about.database],
    ["Running for", duration(now.getTime() - startedAt.getTime())],
  ].map(
    ([name = "", value = ""]) =>
      `<tr><th scope="row">${name}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return htmlPage(
    "Running",
    `<h1>Basalt is running</h1>
<p class="soft">An open, self-hosted data platform that speaks Airtable's API over PostgreSQL.</p>
<table><tbody>${rows.join("")}</tbody></table>
<h2>Go on</h2>
<ul>
<li><a href="/docs">API reference</a>, and the same as <a href="/openapi.json">OpenAPI</a></li>
<li><a href="/docs/problems">Problems</a>: what errors look like</li>
<li><a href="/health">Health</a>, <a href="/ready">readiness</a>, <a href="/metrics">metrics</a></li>
</ul>
<h2>Try it</h2>
<p>The tour in <code>README.md</code> takes five minutes: register, make a token, read and write records with curl, airtable.js and
pyairtable. The first steps:</p>
<pre>curl -s -X POST "$BASALT/api/v1/register" \\
  -H 'content-type: application/json' \\
  -d '{"email":"ada@example.com","password":"a long password","name":"Ada"}'
curl -s "$BASALT/v0/meta/bases" -H "authorization: Bearer $TOKEN"</pre>
<p class="soft"><code>BASALT</code> is the address of this page, <code>TOKEN</code> the token of the first answer.</p>`,
  );
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
