import { readFile } from "node:fs/promises";
import { openApi } from "@basalt/contract";
import { Hono } from "hono";
import { jsonAnswer, problemStatus, textAnswer, titles } from "#kernel";
import type { GatewayOptions } from "../gateway.ts";
import { costsPage } from "./costs-page.ts";
import { figuresPage } from "./figures-page.ts";
import { escapeHtml, htmlPage } from "./html.ts";
import { tourPage } from "./tour.ts";

/** Styles that Swagger UI sets from its script need `unsafe-inline`; scripts come from this origin's files alone. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const assets: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Basalt API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="api"></div>
<noscript>The description of the API is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const script = `const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  persistAuthorization: false,
  docExpansion: "list",
  validatorUrl: null,
});
`;

/** The description of the API, as JSON and as pages; everything comes from this program. */
export function docsRoutes({ operations, about, world }: GatewayOptions): Hono {
  const routes = new Hono();
  let description: string | undefined;

  routes.get("/openapi.json", () => {
    description ??= JSON.stringify(
      openApi(operations, {
        title: "Basalt",
        version: about.version,
        serverUrl: world.config.publicUrl,
      }),
    );
    return jsonAnswer(description, { headers: { "access-control-allow-origin": "*" } });
  });
  routes.get("/docs", () =>
    textAnswer(200, page, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
    }),
  );
  routes.get("/docs/start.js", () =>
    textAnswer(200, script, { "content-type": "text/javascript; charset=utf-8" }),
  );
  for (const [name, type] of Object.entries(assets)) {
    routes.get(`/docs/${name}`, async () => {
      const bytes = await readFile(new URL(import.meta.resolve(`swagger-ui-dist/${name}`)));
      return new Response(bytes, {
        headers: { "content-type": type, "cache-control": "public, max-age=86400" },
      });
    });
  }
  routes.get("/docs/tour", () => tourPage(world.config.publicUrl));
  routes.get("/docs/costs", (c) => costsPage(new URL(c.req.url).searchParams));
  routes.get("/docs/figures", () => figuresPage());
  routes.get("/docs/problems", () => problemsPage());
  routes.get("/docs/problems/:code", (c) => problemsPage(c.req.param("code")));
  return routes;
}

/** What the `type` of a problem points to. */
function problemsPage(code?: string): Response {
  const rows = Object.entries(problemStatus).map(
    ([kind, status]) =>
      `<tr><td>${status}</td><td><code>${kind}</code></td><td>${titles[kind as keyof typeof titles]}</td></tr>`,
  );
  const about =
    code === undefined || !/^[a-z0-9-]+\.[a-z0-9-]+$/.test(code)
      ? ""
      : `<p>You asked about <code>${escapeHtml(code)}</code>: the part before the point is the module that refused, the rest says why. The sentence in <code>detail</code> tells what to change.</p>`;
  return htmlPage(
    "Problems",
    `<header>
<h1>Problems</h1>
<p class="soft">that <a href="/docs">the API</a> answers with.</p>
</header>
<p>Outside <code>/v0</code>, every failure is answered as <code>application/problem+json</code> (RFC 9457):
<code>type</code>, <code>title</code>, <code>status</code>, <code>code</code> (stable, for programs), <code>detail</code> (one sentence),
<code>fields</code> (which inputs were wrong, and why) and <code>requestId</code> (the same as the header <code>x-request-id</code>).
Where a repeat makes sense, <code>Retry-After</code> says when.</p>
${about}
<table><thead><tr><th>Status</th><th>Kind</th><th>Title</th></tr></thead><tbody>${rows.join("")}</tbody></table>`,
  );
}
