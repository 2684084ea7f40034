import { readFile } from "node:fs/promises";
import { Problem, type Scope } from "#kernel";
import type { LiveRoute } from "../upstreams/live-route.ts";
import { changeRoute, keptCommands, type RouteChange } from "./change-route.ts";

/** A route as the command line shows it. */
export interface CommandedRoute {
  readonly name: string;
  /** By target; empty where the route refuses. */
  readonly weights: Readonly<Record<string, number>>;
  /** `file`, or what the command in force was: `command: cut over to 50 %`. */
  readonly from: string;
}

/** Every route of a gateway file with what commands say of it. Problems: `gateway.file-wrong`. */
export async function routesOfFile(scope: Scope, path: string): Promise<CommandedRoute[]> {
  return (await readRoutes(scope, path)).map(show);
}

/**
 * Changes a route beside the processes that serve it, which hear of it at once.
 * Problems: those of `changeRoute`, `gateway.no-such-route-name`, `gateway.file-wrong`.
 */
export async function changeRouteOfFile(
  scope: Scope,
  {
    path,
    name,
    change,
  }: { readonly path: string; readonly name: string; readonly change: RouteChange },
): Promise<CommandedRoute> {
  const routes = await readRoutes(scope, path);
  const live = routes.find(({ route }) => route.name === name);
  if (live === undefined) {
    throw new Problem("not-found", "gateway.no-such-route-name", {
      message: `${path} has no route ${name}; it has ${routes.map(({ route }) => route.name).join(", ")}.`,
    });
  }
  await changeRoute(scope, live, change);
  live.obey((await keptCommands(scope)).find(({ route }) => route === name));
  return show(live);
}

async function readRoutes(scope: Scope, path: string): Promise<LiveRoute[]> {
  // The server imports this file and has no use for these.
  const [{ parseFile, mistakeText }, { otherSections }, { RouteTable }, { LiveRoute: Live }] =
    await Promise.all([
      import("../file/parse-file.ts"),
      import("./open-upstreams.ts"),
      import("../upstreams/route-table.ts"),
      import("../upstreams/live-route.ts"),
    ]);
  const { file, mistakes } = parseFile(await readFile(path, "utf8"), otherSections);
  if (file === undefined) {
    throw new Problem("invalid", "gateway.file-wrong", {
      message: `${path}: ${mistakes.map(mistakeText).join("; ")}.`,
    });
  }
  const commands = await keptCommands(scope);
  return new RouteTable(file).routes.map((route) => {
    const live = new Live(route);
    live.obey(commands.find((command) => command.route === route.name));
    return live;
  });
}

function show(live: LiveRoute): CommandedRoute {
  return {
    name: live.route.name,
    weights: live.weights(),
    from: live.command === undefined ? "file" : `command: ${live.command.reason}`,
  };
}
