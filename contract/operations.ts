import { analyticsOperations } from "./analytics-operations.ts";
import { auditOperations } from "./audit-operations.ts";
import { baseFileOperations } from "./base-files.ts";
import { explainOperations } from "./explain.ts";
import { gatewayOperations } from "./gateway.ts";
import { identityOperations } from "./identity-operations.ts";
import { mobileBffOperations } from "./mobile-bff.ts";
import type { Operation } from "./operation.ts";
import { recordsOperations } from "./records-operations.ts";
import { webBffOperations } from "./web-bff.ts";
import { workspacesOperations } from "./workspaces-operations.ts";

/** Every operation of the program, for `/openapi.json` and for tests that must miss none. */
export const operations: readonly Operation[] = [
  ...identityOperations,
  ...workspacesOperations,
  ...recordsOperations,
  ...baseFileOperations,
  ...explainOperations,
  ...analyticsOperations,
  ...auditOperations,
  ...webBffOperations,
  ...mobileBffOperations,
  ...gatewayOperations,
];
