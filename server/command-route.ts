import { existsSync } from "node:fs";
import path from "node:path";
import { changeRouteOfFile, type CommandedRoute, type RouteChange, routesOfFile } from "#gateway";
import type { Config, Scope } from "#kernel";

export type { CommandedRoute } from "#gateway";

/** The gateway file that counts: the one of the settings, else the one that comes with Basalt, where it is there. */
export function gatewayFileOf({ gatewayFile }: Pick<Config, "gatewayFile">): string | null {
  const shipped = path.join(import.meta.dirname, "../gateway.yaml");
  return gatewayFile ?? (existsSync(shipped) ? shipped : null);
}

/** Every route of the gateway file, for the command line. */
export async function listRoutes(scope: Scope): Promise<CommandedRoute[]> {
  const file = gatewayFileOf(scope.config);
  return file === null ? [] : routesOfFile(scope, file);
}

/** Changes a route, for the command line. Problems: those of `changeRouteOfFile`. */
export function commandRoute(
  scope: Scope,
  name: string,
  change: RouteChange,
): Promise<CommandedRoute> {
  return changeRouteOfFile(scope, {
    path: gatewayFileOf(scope.config) ?? "gateway.yaml",
    name,
    change,
  });
}
