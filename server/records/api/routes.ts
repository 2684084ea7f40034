import { Hono, type Context } from "hono";
import { renderProblem, requireActor, type HttpEnv } from "#kernel";
import type { Call, Endpoint } from "./call.ts";
import { pathOf, routeMatcher, searchOf, type Route, type RouteMethod } from "./match-route.ts";
import { noteTxn, reachMinTxn } from "./min-txn.ts";
import { parseQuery } from "./query-string.ts";
import { methodNotAllowed, routeNotFound } from "./refusals.ts";

/**
 * Routes for Hono out of a list of ours. Hono sorts requests by `paths`, patterns that are enough to tell one list from
 * another; the list itself decodes names and checks the shape of ids, so that both are refused before a missing token.
 */
export function routesOf(
  routes: readonly Route<Endpoint>[],
  paths: readonly string[],
): Hono<HttpEnv> {
  const match = routeMatcher(routes);
  const app = new Hono<HttpEnv>({ strict: false });
  const answer = async (c: Context<HttpEnv>): Promise<Response> => {
    const { raw: request } = c.req;
    const found = match(pathOf(request.url));
    if (found === undefined) {
      throw routeNotFound();
    }
    const { route, params } = found;
    c.set("endpoint", route.pattern);
    const endpoint = route.methods[methodOf(request)];
    if (endpoint === undefined) {
      const methods = Object.keys(route.methods);
      return refusedMethod(
        methods.includes("GET") ? [...methods, "HEAD"] : methods,
        c.get("scope").requestId,
      );
    }
    const scope = c.get("scope");
    requireActor(scope);
    const call: Call = { scope, params, query: parseQuery(searchOf(request.url)), request };
    await reachMinTxn(call);
    const response = await endpoint(call);
    noteTxn(call, response);
    return response;
  };
  for (const path of paths) {
    app.all(path, answer);
  }
  return app;
}

/** The one refusal that carries a header of its own. */
function refusedMethod(methods: readonly string[], requestId: string): Response {
  const response = renderProblem(methodNotAllowed(methods), "airtable", requestId);
  response.headers.set("allow", methods.join(", "));
  return response;
}

function methodOf({ method }: Request): RouteMethod {
  return (method === "HEAD" ? "GET" : method) as RouteMethod;
}
