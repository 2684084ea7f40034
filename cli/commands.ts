/** What a command may use of the terminal that it was typed in. */
export interface Terminal {
  /** One line of the answer. */
  readonly out: (line: string) => void;
  /** One line of what went wrong, or of progress. */
  readonly err: (line: string) => void;
  /** The environment that the settings are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The project's folder, in which `.data/` lies by default. */
  readonly projectDir: string;
}

/**
 * Runs a command with the words after its name; answers the exit code. Expected failures are thrown (`StartError`,
 * `Problem`, `UsageError`) and printed by `main.ts` as one sentence.
 */
export type Run = (argv: readonly string[], terminal: Terminal) => Promise<number>;

/** One command of `basalt`. */
export interface Command {
  /** As typed, as in `user create`. */
  readonly words: string;
  /** What may follow, as in `EMAIL [--admin]`. */
  readonly usage: string;
  readonly summary: string;
  /** Loaded only when it is typed. */
  readonly load: () => Promise<Run>;
}

/** Somebody typed something that cannot be meant: printed with the command's usage. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** Every command, in the order of `--help`. */
export const commands: readonly Command[] = [
  {
    words: "start",
    usage: "",
    summary: "starts Basalt and runs until it is stopped",
    load: async () => (await import("./start.ts")).start,
  },
  {
    words: "restart",
    usage: "",
    summary:
      "replaces every process of an instance with BASALT_PROCESSES, without a failed request",
    load: async () => (await import("./restart.ts")).restart,
  },
  {
    words: "migrate",
    usage: "",
    summary: "brings the database to what this version needs, and ends",
    load: async () => (await import("./migrate.ts")).migrateDatabase,
  },
  {
    words: "user create",
    usage: "EMAIL [--name NAME] [--admin] [--password PASSWORD | --password-file FILE]",
    summary: "makes an account; without a password one is made up and printed",
    load: async () => (await import("./user-create.ts")).userCreate,
  },
  {
    words: "user import",
    usage: "FILE",
    summary: "makes many accounts from JSON lines or a JSON array (- reads the standard input)",
    load: async () => (await import("./user-import.ts")).userImport,
  },
  {
    words: "token create",
    usage: "EMAIL [--name NAME] [--scope SCOPE]… [--base ID]… [--workspace ID]… [--expires TIME]",
    summary: "makes an API key of a user and prints it",
    load: async () => (await import("./token-create.ts")).tokenCreate,
  },
  {
    words: "base list",
    usage: "",
    summary: "lists every base: id, workspace, name",
    load: async () => (await import("./base-list.ts")).baseList,
  },
  {
    words: "base export",
    usage: "BASE_ID FILE",
    summary: "writes a base with its records, comments and files into one base file",
    load: async () => (await import("./base-export.ts")).baseExport,
  },
  {
    words: "base import",
    usage: "FILE [--keep-ids] [--workspace ID] [--name NAME]",
    summary: "makes a base from a base file: all of it or nothing",
    load: async () => (await import("./base-import.ts")).baseImport,
  },
  {
    words: "gateway show",
    usage: "",
    summary: "lists the routes of the gateway file with their weights",
    load: async () => (await import("./gateway.ts")).gatewayShow,
  },
  {
    words: "gateway cut-over",
    usage: "ROUTE PERCENT",
    summary: "sends so much of a route to its new target, at once",
    load: async () => (await import("./gateway.ts")).gatewayCutOver,
  },
  {
    words: "gateway switch",
    usage: "ROUTE [--to TARGET]",
    summary: "sends all of a route to one target (blue-green)",
    load: async () => (await import("./gateway.ts")).gatewaySwitch,
  },
  {
    words: "gateway roll-back",
    usage: "ROUTE",
    summary: "sends all of a route to its old target again",
    load: async () => (await import("./gateway.ts")).gatewayRollBack,
  },
  {
    words: "gateway pause",
    usage: "ROUTE",
    summary: "holds the automatic steps of a cut-over",
    load: async () => (await import("./gateway.ts")).gatewayPause,
  },
  {
    words: "gateway resume",
    usage: "ROUTE",
    summary: "begins the automatic steps of a cut-over, or goes on with them",
    load: async () => (await import("./gateway.ts")).gatewayResume,
  },
  {
    words: "gateway hand-back",
    usage: "ROUTE",
    summary: "lets the gateway file count again",
    load: async () => (await import("./gateway.ts")).gatewayHandBack,
  },
  {
    words: "audit check",
    usage: "",
    summary: "finds out whether acts were changed or removed behind Basalt's back",
    load: async () => (await import("./audit-check.ts")).auditCheck,
  },
  {
    words: "doctor",
    usage: "",
    summary: "lists every setting and checks what Basalt needs",
    load: async () => (await import("./doctor.ts")).doctor,
  },
];
