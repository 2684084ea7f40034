/**
 * The map of the server: each module and the modules that it may import. A module may name only modules listed above it,
 * so calls go down and never in a circle. Lint, migrations and `architecture.test.ts` read this table; to allow a new
 * import, change a line here: that line is the design review.
 *
 * Modules without a folder yet are planned; `planned` names them, so that the map stays whole and nothing empty is made.
 */
export const modules = {
  kernel: [],
  identity: ["kernel"],
  workspaces: ["kernel", "identity"],
  files: ["kernel", "workspaces"],
  records: ["kernel", "identity", "workspaces", "files"],
  audit: ["kernel", "identity", "workspaces"],
  notifications: ["kernel", "identity", "workspaces"],
  analytics: ["kernel", "identity", "workspaces"],
  webhooks: ["kernel", "workspaces", "records"],
  airtable: ["kernel", "workspaces", "files", "records"],
  ai: ["kernel", "workspaces", "files", "records"],
  automations: ["kernel", "workspaces", "records", "notifications", "webhooks", "ai"],
  studio: ["kernel", "workspaces", "files", "records", "airtable", "ai"],
  mcp: ["kernel", "identity", "workspaces", "records", "ai"],
  "web-bff": [
    "kernel",
    "identity",
    "workspaces",
    "records",
    "analytics",
    "notifications",
    "automations",
    "ai",
    "studio",
  ],
  "mobile-bff": ["kernel", "identity", "workspaces", "records", "notifications"],
  gateway: ["kernel", "identity"],
  processes: ["kernel"],
} as const satisfies Record<string, readonly string[]>;

/** A module's name: its folder, its schema in PostgreSQL, its `#name` in an import. */
export type ModuleName = keyof typeof modules;

/** Modules that the map names and later work fills: no folder stands for them yet. */
export const planned: readonly ModuleName[] = [
  "notifications",
  "webhooks",
  "airtable",
  "ai",
  "automations",
  "studio",
  "mcp",
];
