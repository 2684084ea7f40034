import type { NamedTarget } from "../file/gateway-file.ts";
import type { Match } from "./route-table.ts";

/**
 * The path and query that a target is asked for: its own path in the place of the matched part, or the path as it came.
 * Everything in it is as it was read by the route table, so that the target reads the same.
 */
export function targetPath({ own, path }: Pick<NamedTarget, "own" | "path">, match: Match): string {
  const template = own ?? path;
  if (match.rest.length === 0 && template !== undefined && !template.includes("{")) {
    return `${template}${renamedQuery(match)}`;
  }
  const head =
    template === undefined
      ? match.matched
      : template === "/"
        ? []
        : template
            .slice(1)
            .split("/")
            .map((part) =>
              part.startsWith("{") ? (match.parameters[part.slice(1, -1)] ?? "") : part,
            );
  return `/${[...head, ...match.rest].join("/")}${renamedQuery(match)}`;
}

function renamedQuery({ query, route }: Match): string {
  const { renameQuery } = route.spec;
  if (query.length < 2 || Object.keys(renameQuery).length === 0) {
    return query;
  }
  const pairs = query
    .slice(1)
    .split("&")
    .map((pair) => {
      const end = pair.indexOf("=");
      const name = end === -1 ? pair : pair.slice(0, end);
      const renamed = Object.hasOwn(renameQuery, name) ? renameQuery[name] : undefined;
      return renamed === undefined
        ? pair
        : `${encodeURIComponent(renamed)}${end === -1 ? "" : pair.slice(end)}`;
    });
  return `?${pairs.join("&")}`;
}
