/**
 * What is counted: product events and the questions asked of them, what workspaces and keys use, and the bounds that an
 * operator sets on it. It knows workspaces and who asks; it does not know what is in a base, which request is counted (the
 * gateway tells it), or who reads the alerts that it writes down.
 */
export { takeEvents, type SentEvents, type TakenEvents } from "./events/take-events.ts";
export { keepEventPartitions, keepEvents } from "./events/keep-partitions.ts";
export { forgetGoneWorkspaces } from "./forget-workspaces.ts";
export { openAnalytics, WRITTEN_EVERY_MS, type Analytics } from "./open-analytics.ts";
export { countHeld, type MeasureBase } from "./quotas/held.ts";
export { sweepAlerts } from "./quotas/list-alerts.ts";
export { mailAlerts } from "./quotas/mail-alerts.ts";
export { callerMonth, type CallerMonth } from "./usage/caller-month.ts";
export { sweepUsage } from "./usage/sweep-usage.ts";
export { runQuery } from "./queries/run-query.ts";
export { analyticsRoutes } from "./routes.ts";
