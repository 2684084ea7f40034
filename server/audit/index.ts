/**
 * Who did what, when and from where: reads, exports, seals, checks and ages the log of acts that every module writes
 * through the kernel, and joins it with the change log of a base. It does not know what any act means, and it can change
 * none: the tables only grow.
 */
export { checkIntegrity, type IntegrityReport } from "./check-integrity.ts";
export { keepActs } from "./keep-acts.ts";
export { noteSettings } from "./note-settings.ts";
export { auditRoutes } from "./routes.ts";
export { sealActs } from "./seal-acts.ts";
