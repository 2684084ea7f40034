import { Readable } from "node:stream";
import { BASE_FILE_TYPE, importQuery } from "@basalt/contract";
import { Hono } from "hono";
import { jsonAnswer, parseWith, Problem, requireActor, type HttpEnv } from "#kernel";
import { allow } from "#workspaces";
import { exportBase } from "./export-base.ts";
import { importBase } from "./import-base.ts";
import { withSpooledBody } from "./spool-body.ts";

const IMPORT = "/api/v1/workspaces/:workspaceId/import";

/** Routes that take no `Idempotency-Key`: an import is a transaction of its own and its body is not kept. */
export const baseFileWithoutKeys: readonly string[] = [IMPORT];

/**
 * `GET …/bases/{id}/export` and `POST …/workspaces/{id}/import`. Neither can run inside a transaction that somebody else
 * opened: mount with `keys: "own"` and `withoutKeys: baseFileWithoutKeys`. `program` goes into the stamp of exports.
 */
export function baseFileRoutes({ program }: { readonly program: string }): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get("/api/v1/bases/:baseId/export", async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const { name, bytes } = await exportBase(scope, { baseId: c.req.param("baseId"), program });
    return new Response(Readable.toWeb(bytes) as ReadableStream<Uint8Array<ArrayBuffer>>, {
      headers: {
        "cache-control": "no-store",
        "content-disposition": `attachment; filename="base.zip"; filename*=UTF-8''${extended(`${name}.zip`)}`,
        "content-type": BASE_FILE_TYPE,
      },
    });
  });
  app.post(IMPORT, async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const workspaceId = c.req.param("workspaceId");
    const { name, keepIds } = parseWith(importQuery, queryOf(c.req.url));
    // Before the body is taken in.
    await allow(scope, "base.create", { workspaceId });
    requireZip(c.req.header("content-type"));
    const made = await withSpooledBody(scope, c.req.raw, (file) =>
      importBase(scope, { workspaceId, name, keepIds: keepIds === "true", file }),
    );
    return jsonAnswer(made, { status: 201 });
  });
  return app;
}

function queryOf(url: string): Readonly<Record<string, string>> {
  return Object.fromEntries(new URL(url).searchParams);
}

function requireZip(contentType = ""): void {
  const [type = ""] = contentType.split(";");
  if (!["application/zip", "application/octet-stream"].includes(type.trim().toLowerCase())) {
    throw new Problem("unsupported-media-type", "records.base-file-type", {
      message: `Send the base file as ${BASE_FILE_TYPE}.`,
    });
  }
}

/** A file name for people, in the form that headers can carry. */
function extended(name: string): string {
  const plain = name.toWellFormed().replaceAll(/[\p{Cc}/\\]/gu, "_");
  return encodeURIComponent(plain).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
