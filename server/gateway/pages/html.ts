import { createHash } from "node:crypto";
import { textAnswer } from "#kernel";

const style = `
:root { color-scheme: light dark; --ink: #1d2126; --soft: #5b6570; --line: #d9dee3; --paper: #f7f7f4; --card: #ffffff; --link: #0a5a8a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #9aa5b0; --line: #333b43; --paper: #15181c; --card: #1c2127; --link: #7cc0ee; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 3rem 1.25rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre { font: .9em/1.5 ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .75rem 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--soft); }
.num { text-align: right; font-variant-numeric: tabular-nums; }
fieldset { border: 1px solid var(--line); border-radius: 10px; background: var(--card); margin: 0 0 1rem; padding: .75rem 1rem 1rem; display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: .75rem; }
legend { font-weight: 600; padding: 0 .4rem; }
label { display: block; font-size: .85rem; color: var(--soft); }
input { display: block; width: 100%; box-sizing: border-box; margin-top: .15rem; padding: .35rem .5rem; font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 6px; }
input:focus-visible, button:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
button { font: inherit; font-weight: 600; padding: .45rem 1.25rem; color: var(--card); background: var(--link); border: 0; border-radius: 6px; cursor: pointer; }
.bar { fill: var(--link); }
.bar.ours { fill: #2f8f5b; }
.wrong { color: #b3261e; }
@media (prefers-color-scheme: dark) { .wrong { color: #f2837c; } }
.wide { overflow-x: auto; margin-bottom: 1.25rem; }
.soft { color: var(--soft); }
header h1::before { content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .5em; background: var(--link); transform: rotate(45deg) scale(.8); border-radius: 3px; }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 1.5rem 0 2rem; }
.facts dt { color: var(--soft); font-size: .85rem; }
.facts dd { margin: 0; font-weight: 600; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1rem; margin: 0 0 2rem; }
.cards a { display: block; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; color: inherit; text-decoration: none; }
.cards a:hover { border-color: var(--link); }
.cards strong { display: block; color: var(--link); margin-bottom: .25rem; }
.cards span { color: var(--soft); }
`;

const styleHash = createHash("sha256").update(style).digest("base64");
const policy = (formAction: "'none'" | "'self'"): string =>
  `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action ${formAction}; frame-ancestors 'none'`;

/**
 * A plain page in light and dark, without scripts and without anything from elsewhere. `body` is trusted HTML. `asks`: it has
 * a form that this server answers.
 */
export function htmlPage(title: string, body: string, { asks = false } = {}): Response {
  const text = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Basalt</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
  return textAnswer(200, text, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy(asks ? "'self'" : "'none'"),
  });
}

/** Text made safe inside elements and attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
