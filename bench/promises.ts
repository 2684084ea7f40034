/** A number that the plans behind Basalt promise, and which of our benches measure it. */
export interface PromisedNumber {
  readonly id: string;
  readonly what: string;
  /** As the plans put it, contradictions included. */
  readonly promised: string;
  /** Benches by the name that `node bench/run.ts` takes. */
  readonly benches: readonly string[];
  readonly note?: string;
}

/** The plans' numbers N1 to N21, in their order. */
export const promisedNumbers: readonly PromisedNumber[] = [
  {
    id: "N1",
    what: "Throughput of the gateway",
    promised: "48,000 requests/s; elsewhere 15,000, 10,000 and more than 5,000",
    benches: ["hot-record", "hot-page", "point-read", "proxy"],
    note: "Measured as a signed-in read answered from memory and as the whole path with the database, beside nginx in the same run.",
  },
  {
    id: "N2",
    what: "Latency of the API",
    promised: "p95 of 3, 20, 25, 100 or 200 ms; p50 < 5, p95 < 20, p99 < 50 ms",
    benches: ["page", "latency"],
  },
  {
    id: "N3",
    what: "Latency of the AI plane without the model",
    promised: "50, 200 and 500 ms (p50, p95, p99)",
    benches: [],
    note: "Not measured: that part is not built yet.",
  },
  {
    id: "N4",
    what: "Sign-in, list, create",
    promised: "60, 32 and 30 ms",
    benches: ["latency"],
    note: "A password is hashed with argon2id on purpose slowly; its share is told apart.",
  },
  {
    id: "N5",
    what: "Open connections",
    promised: "5,000",
    benches: ["connections"],
  },
  {
    id: "N6",
    what: "Tokens issued and verified",
    promised: "50,000 a second",
    benches: ["jwt"],
  },
  {
    id: "N7",
    what: "Database queries",
    promised: "12,000 reads a second",
    benches: ["point-read", "create"],
  },
  {
    id: "N8",
    what: "Analytics events",
    promised: "25,000 a second",
    benches: ["events"],
  },
  {
    id: "N9",
    what: "Cold start",
    promised: "50 and 100 ms",
    benches: ["start"],
    note: "Not reached: loading the program and opening the database take longer than the plans allow for both.",
  },
  {
    id: "N10",
    what: "Memory",
    promised:
      "14.3 to 5.1 GB, 7.2 to 3.6 GB; 196 MB for 11 Go services and 3.3 GB for 11 Python ones",
    benches: ["start", "connections"],
    note: "Ours is the whole program, beside 3.5 GB for the 22 services.",
  },
  {
    id: "N11",
    what: "CPU at the stated load",
    promised: "< 30 % for the API, < 60 % for the AI plane",
    benches: ["latency"],
  },
  {
    id: "N12",
    what: "Formula speed",
    promised: "10 times the interpreter that it replaces",
    benches: ["formulas"],
    note: "HyperFormula stands for the interpreter; the ratio is ours divided by theirs, so below 1 is faster.",
  },
  {
    id: "N13",
    what: "File input and output",
    promised: "20 times",
    benches: [],
    note: "Not measured yet.",
  },
  {
    id: "N14",
    what: "Availability",
    promised: "99.9 %",
    benches: [],
    note: "Not measured: it takes a soak of days with injected faults.",
  },
  {
    id: "N15",
    what: "Error rate",
    promised: "< 0.1 %",
    benches: ["overload"],
  },
  {
    id: "N16",
    what: "Time to recover",
    promised: "< 10 min",
    benches: ["start"],
    note: "From kill -9 to serving is a start on existing data.",
  },
  {
    id: "N17",
    what: "Deployment time",
    promised: "< 5 min",
    benches: [],
    note: "Not measured yet.",
  },
  {
    id: "N18",
    what: "Image size",
    promised: "20 MB, 400 MB before",
    benches: [],
    note: "There is no image yet.",
  },
  {
    id: "N19",
    what: "Cost",
    promised: "31 % less; < 600 dollars a month for development",
    benches: [],
    note: "Computed from prices that you may change: /docs/costs.",
  },
  {
    id: "N20",
    what: "Services needed to run everything",
    promised: "8 instead of 11; elsewhere 22 and 7",
    benches: [],
    note: "One process and its PostgreSQL, or as many processes as you like of the same program.",
  },
  {
    id: "N21",
    what: "Time of the migration's agents",
    promised: "24 minutes in six phases",
    benches: [],
    note: "Not measured: that part is not built yet.",
  },
];
