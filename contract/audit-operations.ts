import {
  actsExportQuery,
  actsPage,
  actsQuery,
  baseAuditPage,
  baseAuditQuery,
  integrityReport,
} from "./audit.ts";
import { problemBody, type Operation } from "./operation.ts";

const refused = { 401: problemBody, 403: problemBody, 404: problemBody, 422: problemBody } as const;
const READ = "enterprise.auditLogs:read";

/** Who did what, when and from where. */
export const auditOperations: readonly Operation[] = [
  {
    id: "audit.listActs",
    method: "get",
    path: "/api/v1/audit",
    summary: "Security-relevant acts, newest first",
    description:
      "An administrator of the instance sees all; who governs a workspace or a base sees its acts with `workspace` or `base`; everybody else sees what they did and what was done to them.",
    auth: "bearer",
    scope: READ,
    query: actsQuery,
    answers: { 200: actsPage, ...refused },
  },
  {
    id: "audit.exportActs",
    method: "get",
    path: "/api/v1/audit/export",
    summary: "The same as JSON lines or CSV, whole",
    description:
      "Exporting is an act itself. In CSV a text that a spreadsheet would take for a formula begins with an apostrophe.",
    auth: "bearer",
    scope: READ,
    query: actsExportQuery,
    answers: { 200: null, ...refused },
  },
  {
    id: "audit.checkIntegrity",
    method: "get",
    path: "/api/v1/audit/integrity",
    summary: "Whether acts were changed or removed behind the program's back",
    description: "For administrators of the instance: checks every seal.",
    auth: "bearer",
    scope: READ,
    answers: { 200: integrityReport, 401: problemBody, 403: problemBody },
  },
  {
    id: "audit.listOfBase",
    method: "get",
    path: "/api/v1/bases/{baseId}/audit",
    summary: "Changes of a base's records and schema, and acts that concern it, newest first",
    description:
      "Who, what before and after, when, from where. Changes reach back as far as the change log is kept.",
    auth: "bearer",
    scope: READ,
    query: baseAuditQuery,
    answers: { 200: baseAuditPage, ...refused },
  },
];
