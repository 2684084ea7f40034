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
export { loadUpstreams, type LoadedUpstreams } from "./control/load-upstreams.ts";
export { changeRouteOfFile, type CommandedRoute, routesOfFile } from "./control/command-route.ts";
export type { RouteChange } from "./control/change-route.ts";
