/**
 * Several processes on one port: a supervisor that owns the database's process, the listening sockets and the children, and
 * the children's way to it. It knows nothing of what a child does: `supervised.ts` is a whole Basalt in each.
 */
export { mergeExpositions } from "./merge-expositions.ts";
export { joinSupervisor, type SupervisorLink } from "./supervisor-link.ts";
export { supervise, type Supervised } from "./supervise.ts";
export { askForRestart } from "./supervisor-file.ts";
