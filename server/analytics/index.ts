/**
 * What is counted: product events and the questions asked of them, what workspaces and keys use, and the bounds that an
 * operator sets on it. It knows workspaces and who asks; it does not know what is in a base, which request is counted (the
 * gateway tells it), or who reads the alerts that it writes down.
 */
export {
  drainEvents,
  takeEvents,
  type SentEvents,
  type TakenEvents,
} from "./events/take-events.ts";
export { keepEventPartitions, keepEvents } from "./events/keep-partitions.ts";
export { runQuery } from "./queries/run-query.ts";
export { analyticsRoutes } from "./routes.ts";
