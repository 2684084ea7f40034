/**
 * The door: one HTTP server in front of all modules. It knows how a request is read, bounded, timed, named, counted and
 * answered, who sends it, and how failures look. It does not know what any route does: `main.ts` hands it the routes.
 */
export {
  openGateway,
  type About,
  type Gateway,
  type GatewayOptions,
  type Mount,
} from "./gateway.ts";
export type { SharedSocket } from "./http/take-connections.ts";
export { freePort } from "./http/free-port.ts";
export type { Health, HealthPart, PartHealth } from "./pages/health.ts";
export { GatewayFileError } from "./file/watch-file.ts";
export { openUpstreams, type OpenUpstreams } from "./control/open-upstreams.ts";
export { gatewayRoutes } from "./control/routes.ts";
export { changeRouteOfFile, type CommandedRoute, routesOfFile } from "./control/command-route.ts";
export type { RouteChange } from "./control/change-route.ts";
