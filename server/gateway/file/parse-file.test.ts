import { describe, expect, test } from "vitest";
import { z } from "zod";
import { mistakeText, parseFile } from "./parse-file.ts";

const mistakes = (text: string, others = {}): string[] =>
  (parseFile(text, others).mistakes ?? []).map(mistakeText);

const good = `
upstreams:
  old:
    url: http://10.0.0.5:8080
  new:
    url: [http://10.0.0.6:8080, http://10.0.0.7:8080]
    health: { path: /health }
routes:
  - name: invoices
    path: /invoices
    to:
      - upstream: old
        weight: 90
      - upstream: new
        weight: 10
    cutOver: { from: old, to: new }
`;

describe("a gateway file", () => {
  test("is read with its defaults", () => {
    const { file } = parseFile(good);
    expect(file?.routes[0]).toMatchObject({
      name: "invoices",
      sticky: "user",
      auth: "none",
      cutOver: { rollback: { enabled: true } },
    });
    expect(file?.upstreams["old"]?.timeouts).toMatchObject({ connectMs: 2_000, tryMs: 10_000 });
  });

  test.each(["", "# nothing\n", "routes: []\n", "{}"])("%j is an empty file", (text) => {
    expect(parseFile(text).file).toEqual({ upstreams: {}, routes: [], others: {} });
  });

  test("further sections are checked by their own shapes", () => {
    const others = { limits: z.strictObject({ perMinute: z.int() }).optional() };
    expect(parseFile("limits: { perMinute: 5 }", others).file?.others).toEqual({
      limits: { perMinute: 5 },
    });
    expect(mistakes("limits:\n  perMinute: x", others)).toEqual([
      "line 2: limits.perMinute must be a number",
    ]);
  });
});

describe("what is wrong is told with line and path", () => {
  test.each<[string, string, string]>([
    ["a key that nobody knows", "rutes: []", "line 1: rutes is not known here"],
    [
      "one deep inside",
      good.replace("weight: 10", "wait: 10"),
      "line 15: routes.0.to.1.wait is not known here",
    ],
    ["YAML that is none", "routes: [\n", "line 2: the file is not YAML"],
    [
      "a key twice",
      "routes: []\nroutes: []",
      "line 2: the file is not YAML: Map keys must be unique",
    ],
    ["a list for an object", "- a", "line 1: the file must be an object"],
    ["a text", "hello", "line 1: the file must be an object"],
    [
      "an upstream that is missing",
      good.replace("- upstream: new", "- upstream: knew"),
      "line 14: routes.0.to.1.upstream names the upstream knew, which is not in this file",
    ],
    [
      "an address that is none",
      good.replace("http://10.0.0.5:8080", "10.0.0.5"),
      "line 4: upstreams.old.url",
    ],
    ["another scheme", good.replace("http://10.0.0.5:8080", "file:///etc/passwd"), "line 4:"],
    [
      "credentials in an address",
      good.replace("10.0.0.5", "me:pw@10.0.0.5"),
      "line 4: upstreams.old.url",
    ],
    [
      "weights that are all nothing",
      good.replace("weight: 90", "weight: 0").replace("weight: 10", "weight: 0"),
      "line 11: routes.0.to needs a target with a weight above 0",
    ],
    [
      "a negative weight",
      good.replace("weight: 90", "weight: -1"),
      "line 13: routes.0.to.0.weight",
    ],
    [
      "a cut-over to nowhere",
      good.replace("to: new }", "to: newer }"),
      "line 16: routes.0.cutOver.to must be one of the route's targets: old, new",
    ],
    ["dots in a path", good.replace("/invoices", "/a/../b"), "line 10: routes.0.path"],
    ["a path that is none", good.replace("/invoices", "invoices"), "line 10: routes.0.path"],
  ])("%s", (_what, text, expected) => {
    expect(mistakes(text).join("\n")).toContain(expected);
  });

  test.each<[string, string]>([
    ["no target", "routes: [{ name: a, path: /a }]"],
    ["two kinds of target", "routes: [{ name: a, own: /a, refuse: { status: 501, message: no } }]"],
    ["a name twice", "routes: [{ name: a, own: /a }, { name: a, own: /b }]"],
    ["a parameter that is not there", "routes: [{ name: a, path: /a/{b}, own: /v0/{c} }]"],
    [
      "a line break in a header",
      'routes: [{name: a, own: /a, headers: {request: {set: {x: "a\\nb"}}}}]',
    ],
    [
      "framing as a header",
      "routes: [{name: a, own: /a, headers: {request: {set: {Transfer-Encoding: x}}}}]",
    ],
    [
      "our identity as a header",
      "routes: [{name: a, own: /a, headers: {request: {add: {X-Basalt-Identity: x}}}}]",
    ],
    ["a status that no refusal has", "routes: [{ name: a, refuse: { status: 200, message: hi } }]"],
    ["a web socket to our own", "routes: [{ name: a, own: /a, webSocket: true }]"],
    ["an upper-case name", "routes: [{ name: A, own: /a }]"],
    [
      "signing for nobody",
      "upstreams: {a: {url: http://a}}\nroutes: [{name: b, upstream: a, identity: sign}]",
    ],
    [
      "shadow of writes of ours",
      "routes: [{name: a, own: /a, shadow: {own: /b, methods: [POST]}}]",
    ],
    ["tabs", "routes:\n\t- name: a"],
    [
      "an alias bomb",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(60)}*a]\nc: [${"*b,".repeat(60)}*b]`,
    ],
    ["a megabyte", `# ${"x".repeat(1_048_577)}`],
    ["a tag", "routes: !!js/function 'x'"],
  ])("%s", (_what, text) => {
    expect(mistakes(text).length).toBeGreaterThan(0);
  });

  test("a hundred mistakes make a short answer", () => {
    const many = Array.from({ length: 100 }, (_, at) => `  - name: r${at}\n`).join("");
    expect(mistakes(`routes:\n${many}`)).toHaveLength(20);
  });
});
