import { Readable } from "node:stream";
import { actsExportQuery, actsQuery, baseAuditQuery, type actFilters } from "@basalt/contract";
import { Hono } from "hono";
import type { z } from "zod";
import { jsonAnswer, parseWith, requireActor, type HttpEnv } from "#kernel";
import { showAct } from "./act-views.ts";
import { baseAudit, type AuditedEntry, type AuditPlace } from "./base-audit.ts";
import { checkIntegrity } from "./check-integrity.ts";
import { exportActs } from "./export-acts.ts";
import { findActs, type ActsQuestion } from "./find-acts.ts";

const BAD_QUERY = "audit.bad-query";
const NO_STORE = { "cache-control": "no-store" };

/** Every HTTP route of the module. */
export function auditRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get("/api/v1/audit", async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const { limit, cursor, ...filters } = parseWith(actsQuery, c.req.query(), BAD_QUERY);
    const before = cursor === undefined ? undefined : Number(cursor);
    const { acts, next } = await findActs(scope, question(filters), { before, limit });
    return jsonAnswer({ acts: acts.map(showAct), next: next?.toString() }, { headers: NO_STORE });
  });
  app.get("/api/v1/audit/export", async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const { format, ...filters } = parseWith(actsExportQuery, c.req.query(), BAD_QUERY);
    const chunks = await exportActs(scope, question(filters), format);
    const bytes = Readable.toWeb(Readable.from(chunks, { objectMode: false }));
    return new Response(bytes as ReadableStream<Uint8Array<ArrayBuffer>>, {
      headers: {
        ...NO_STORE,
        "content-type": format === "csv" ? "text/csv; charset=utf-8" : "application/jsonl",
        "content-disposition": `attachment; filename="audit.${format}"`,
      },
    });
  });
  app.get("/api/v1/audit/integrity", async (c) =>
    jsonAnswer(await checkIntegrity(c.get("scope")), { headers: NO_STORE }),
  );
  app.get("/api/v1/bases/:baseId/audit", async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const { cursor, since, until, ...asked } = parseWith(baseAuditQuery, c.req.query(), BAD_QUERY);
    const { entries, next } = await baseAudit(scope, {
      ...asked,
      baseId: c.req.param("baseId"),
      since: dateOf(since),
      until: dateOf(until),
      before: cursor === undefined ? undefined : placeOf(cursor),
    });
    return jsonAnswer(
      { entries: entries.map(showEntry), next: next && `${next.txn}.${next.seq}.${next.act}` },
      { headers: NO_STORE },
    );
  });
  return app;
}

function question({ mine, since, until, ...filters }: z.infer<typeof actFilters>): ActsQuestion {
  return { ...filters, mine: mine === "true", since: dateOf(since), until: dateOf(until) };
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

function placeOf(cursor: string): AuditPlace {
  const [txn = 0, seq = 0, act = 0] = cursor.split(".").map(Number);
  return { txn, seq, act };
}

function showEntry(entry: AuditedEntry): object {
  if (entry.kind === "act") {
    return { ...showAct(entry), kind: "act" };
  }
  const { body, actorId, actorName, ...change } = entry;
  return {
    ...change,
    actor: { kind: actorId === null ? "system" : "user", id: actorId, name: actorName },
    before: body?.before ?? null,
    after: body?.after ?? null,
  };
}
