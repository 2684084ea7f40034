import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { modules, planned, type ModuleName } from "./modules.ts";

const server = import.meta.dirname;
const root = join(server, "..");
const names = Object.keys(modules) as ModuleName[];

interface Source {
  /** From the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
}

function sourcesUnder(folder: string): Source[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        /\.m?tsx?$/.test(entry.name) &&
        !entry.parentPath.includes("node_modules"),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      path: relative(root, file).split(sep).join("/"),
      text: readFileSync(file, "utf8"),
    }));
}

const serverSources = sourcesUnder(server);
const allSources = ["contract", "server", "cli", "journeys", "bench"].flatMap((folder) =>
  sourcesUnder(join(root, folder)),
);
const product = serverSources.filter(
  ({ path }) => !/\.test\.ts$|\/testing(\/|\.ts$)|\/test-people\.ts$/.test(path),
);
const moduleOf = (path: string): string => path.split("/")[1] ?? "";

/** Paths of the files in which the test finds something, for a message that says where. */
function where(sources: readonly Source[], found: (source: Source) => boolean): string[] {
  return sources.filter(found).map(({ path }) => path);
}

describe("modules", () => {
  test("the map names only modules above", () => {
    for (const [at, name] of names.entries()) {
      for (const below of modules[name]) {
        expect(names.slice(0, at), `${name} imports ${below}`).toContain(below);
      }
    }
  });

  test("every folder of the server is in the map, and every module that is not planned has a folder", () => {
    const folders = readdirSync(server).filter(
      (name) => statSync(join(server, name)).isDirectory() && name !== "node_modules",
    );
    expect(folders.toSorted()).toEqual(names.filter((name) => !planned.includes(name)).toSorted());
  });

  test("imports between modules go through the entry and only where the map allows", () => {
    const wrong = product.flatMap(({ path, text }) =>
      [...text.matchAll(/from "#([a-z-]+)"/g)]
        .map(([, target = ""]) => target)
        .filter(
          (target) =>
            names.includes(moduleOf(path) as ModuleName) &&
            !(modules[moduleOf(path) as ModuleName] as readonly string[]).includes(target),
        )
        .map((target) => `${path} -> ${target}`),
    );
    expect(wrong).toEqual([]);
    const outside = product.flatMap(({ path, text }) =>
      [...text.matchAll(/from "(\.\.?\/[^"]+)"/g)]
        .map(([, target = ""]) => join(path, "..", target))
        .filter((target) => path.split("/").length > 2 && target.split("/")[1] !== moduleOf(path))
        .map((target) => `${path} -> ${target}`),
    );
    expect(outside).toEqual([]);
  });

  test("one entry a module, which says what it is for, and which the module itself never imports", () => {
    for (const name of names.filter((one) => !planned.includes(one))) {
      const entries = where(
        serverSources,
        ({ path }) => path.startsWith(`server/${name}/`) && path.endsWith("index.ts"),
      );
      expect(entries).toEqual([`server/${name}/index.ts`]);
      const entry = serverSources.find(({ path }) => path === entries[0])?.text ?? "";
      expect(entry.startsWith("/**"), `${name}/index.ts opens with a paragraph`).toBe(true);
      expect(
        where(
          serverSources,
          ({ path, text }) =>
            path.startsWith(`server/${name}/`) &&
            /from "\.{1,2}\/(\.\.\/)*index\.ts"/.test(text) &&
            !path.includes(".test."),
        ),
      ).toEqual([]);
    }
  });

  test("folders are three deep at most, and none holds more than twenty use cases", () => {
    expect(
      where(
        serverSources,
        ({ path }) => path.split("/").length > 4 + (path.includes("/testing/") ? 1 : 0),
      ),
    ).toEqual([]);
  });
});

describe("files", () => {
  test("are at most 400 lines", () => {
    expect(where(allSources, ({ text }) => text.split("\n").length > 401)).toEqual([]);
  });

  test("are not called after nothing", () => {
    const empty =
      /(^|\/)(utils?|common|helpers?|shared|misc|managers?|services?|handlers?)(\/|\.ts$)/;
    expect(where(allSources, ({ path }) => empty.test(path))).toEqual([]);
  });

  test("have no default export, no enum, no any and no export of everything", () => {
    const allowed = /\.config\.ts$|\.d\.ts$/;
    expect(
      where(
        allSources,
        ({ path, text }) =>
          !allowed.test(path) &&
          /^export default|^export \* from|^(export )?(const )?enum /m.test(text),
      ),
    ).toEqual([]);
    expect(
      where(
        allSources,
        ({ path, text }) =>
          !/architecture/.test(path) && /(:|as|<) any\b(?!\()/.test(withoutComments(text)),
      ),
    ).toEqual([]);
  });
});

describe("SQL", () => {
  test("is written in *.sql.ts only", () => {
    const statement =
      /sql`|`\s*(select|insert into|update|delete from|create (table|schema|role|index))\s/i;
    expect(
      where(
        product,
        ({ path, text }) => !path.endsWith(".sql.ts") && statement.test(withoutComments(text)),
      ),
    ).toEqual(["server/kernel/db/postgres.ts"]);
  });

  test("names its columns", () => {
    expect(
      where(
        product,
        ({ path, text }) =>
          path.endsWith(".sql.ts") && /select\s+\*|returning\s+\*|\bt\.\*/i.test(text),
      ),
    ).toEqual([]);
  });

  test("of one module does not name the schema of another", () => {
    const filled = names.filter((name) => !planned.includes(name));
    const wrong = product.flatMap(({ path, text }) =>
      path.endsWith(".sql.ts")
        ? filled
            .filter(
              (name) =>
                name !== moduleOf(path) &&
                !readable(name, path) &&
                new RegExp(`(from|join|into|update|table|references)\\s+"?${name}"?\\.`, "i").test(
                  text,
                ),
            )
            .map((name) => `${path} -> ${name}`)
        : [],
    );
    expect(wrong).toEqual([]);
  });
});

describe("the world", () => {
  test("the environment is read in one place", () => {
    expect(where(product, ({ text }) => /process\.env\b/.test(withoutComments(text)))).toEqual([
      "server/kernel/config.ts",
    ]);
  });

  test("the clock is the scope's", () => {
    const exempt =
      /^server\/(main|chores|open-world)\.ts$|^server\/kernel\/(postgres\/|disk-store)/;
    expect(
      where(
        product,
        ({ path, text }) => !exempt.test(path) && /Date\.now\(\)/.test(withoutComments(text)),
      ),
    ).toEqual([]);
  });

  test("only the egress client goes out to the network", () => {
    const outgoing =
      /(await|return|=|=>) fetch\(|from "(node:)?(https?|net|tls|dns|http2|dgram)(\/promises)?"|from "undici"/;
    const allowed =
      /^server\/kernel\/(egress|postgres)\/|^server\/kernel\/db\/cancel-request|^server\/gateway\/(http|hot|upstreams)\/|^server\/processes\/listening-sockets|^server\/kernel\/smtp-mail|^server\/identity\/attempts\/address-key/;
    expect(
      where(
        product,
        ({ path, text }) =>
          !allowed.test(path) &&
          outgoing.test(withoutComments(text).replaceAll(/import type [^;]*;/g, "")),
      ),
    ).toEqual([]);
  });

  test("no text becomes code", () => {
    expect(
      where(product, ({ text }) => /\beval\(|new Function\(/.test(withoutComments(text))),
    ).toEqual([]);
  });
});

/** The kernel's tables are the ground of all. */
function readable(schema: string, path: string): boolean {
  return schema === "kernel" && path.startsWith("server/");
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "");
}
