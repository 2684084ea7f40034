import {
  analyticsAnswer,
  analyticsQuery,
  EVENT_DEDUP_HOURS,
  EVENT_EARLY_MAX_MINUTES,
  EVENT_LATE_MAX_DAYS,
  EVENTS_BODY_MAX_BYTES,
  EVENTS_PER_CALL_MAX,
  eventPolicy,
  eventsBody,
  eventsTaken,
} from "./analytics.ts";
import { type Operation, problemBody } from "./operation.ts";
import {
  alertsView,
  instanceUsage,
  instanceUsageQuery,
  ownUsage,
  quotasBody,
  quotasView,
  usageQuery,
  workspaceUsage,
} from "./usage.ts";

const refused = { 401: problemBody, 403: problemBody, 404: problemBody, 422: problemBody } as const;
const W = "/api/v1/workspaces/{workspaceId}";
const READ = "analytics:read";
const GOVERN = "enterprise.account:write";

/** Product events, what is asked of them, and what workspaces use. */
export const analyticsOperations: readonly Operation[] = [
  {
    id: "analytics.takeEvents",
    method: "post",
    path: "/api/v1/events",
    summary: "Store product events",
    description:
      `At most ${EVENTS_PER_CALL_MAX} events and ${EVENTS_BODY_MAX_BYTES} bytes a call. Answered when they are committed; with ` +
      "`Prefer: respond-async` at once, with 202, and what is in memory then is lost if the process is killed. Events that " +
      "are not valid are named by their index and the others are stored (422 where none is valid). Two events of a workspace " +
      `with one id less than ${EVENT_DEDUP_HOURS} hours apart count once. A client's time more than ${EVENT_LATE_MAX_DAYS} days ` +
      `behind or ${EVENT_EARLY_MAX_MINUTES} minutes ahead of ours is kept and marked, and ours counts.`,
    auth: "bearer",
    scope: "events:write",
    body: eventsBody,
    answers: { 200: eventsTaken, 202: eventsTaken, ...refused, 413: problemBody, 429: problemBody },
  },
  {
    id: "analytics.query",
    method: "post",
    path: "/api/v1/analytics/query",
    summary: "Count events by time and property, follow a funnel, or see who comes back",
    description: "Takes a creator of the workspace. Changes nothing.",
    auth: "bearer",
    scope: READ,
    body: analyticsQuery,
    answers: { 200: analyticsAnswer, ...refused, 503: problemBody },
  },
  {
    id: "analytics.readPolicy",
    method: "get",
    path: `${W}/event-policy`,
    summary: "How long the workspace keeps its events",
    auth: "bearer",
    scope: READ,
    answers: { 200: eventPolicy, ...refused },
  },
  {
    id: "analytics.setPolicy",
    method: "put",
    path: `${W}/event-policy`,
    summary: "Keep events for less long than the instance does",
    auth: "bearer",
    scope: "workspacesAndBases:write",
    body: eventPolicy,
    answers: { 200: eventPolicy, ...refused },
  },
  {
    id: "analytics.workspaceUsage",
    method: "get",
    path: `${W}/usage`,
    summary: "What the workspace uses, by base and caller",
    description:
      "Written every few seconds, so the newest moments are missing. Takes a creator of the workspace.",
    auth: "bearer",
    scope: READ,
    query: usageQuery,
    answers: { 200: workspaceUsage, ...refused },
  },
  {
    id: "analytics.ownUsage",
    method: "get",
    path: "/api/v1/usage",
    summary: "What your own keys and sessions use",
    description: "A key sees what it used itself.",
    auth: "bearer",
    query: usageQuery,
    answers: { 200: ownUsage, ...refused },
  },
  {
    id: "analytics.instanceUsage",
    method: "get",
    path: "/api/v1/instance/usage",
    summary: "Workspaces by what they use (administrators)",
    auth: "bearer",
    scope: "enterprise.account:read",
    query: instanceUsageQuery,
    answers: { 200: instanceUsage, ...refused },
  },
  {
    id: "analytics.readQuotas",
    method: "get",
    path: `${W}/quotas`,
    summary: "The bounds of the workspace and how far they are used",
    auth: "bearer",
    scope: READ,
    answers: { 200: quotasView, ...refused },
  },
  {
    id: "analytics.setQuotas",
    method: "put",
    path: `${W}/quotas`,
    summary: "Set all bounds of the workspace (administrators)",
    description:
      "Replaces those there were. A bound below what is used already is reached at once; nothing is deleted. Every process " +
      "knows within a second.",
    auth: "bearer",
    scope: GOVERN,
    body: quotasBody,
    answers: { 200: quotasView, ...refused },
  },
  {
    id: "analytics.listAlerts",
    method: "get",
    path: `${W}/alerts`,
    summary: "When a bound came near or was reached, newest first",
    auth: "bearer",
    scope: READ,
    answers: { 200: alertsView, ...refused },
  },
];
