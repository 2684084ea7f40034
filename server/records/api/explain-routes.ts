import { Hono } from "hono";
import { isId, jsonAnswer, requireActor, type HttpEnv } from "#kernel";
import { notFound } from "#workspaces";
import { explainField } from "../computed/explain-field.ts";
import { currentTxn, TXN_HEADER } from "./answers.ts";

/** How a computed field comes to its values. */
export function explainRoutes(): Hono<HttpEnv> {
  const path = "/api/v1/bases/:baseId/tables/:tableId/fields/:fieldId/explain";
  return new Hono<HttpEnv>().get(path, async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const { baseId, tableId, fieldId } = c.req.param();
    if (!isId("app", baseId) || !isId("tbl", tableId) || !isId("fld", fieldId)) {
      throw notFound();
    }
    const explanation = await explainField(scope, { baseId, tableId, fieldId });
    const txn = await currentTxn(scope, baseId);
    return jsonAnswer(explanation, { headers: { [TXN_HEADER]: String(txn) } });
  });
}
