import { defineConfig } from "vitest/config";
import { closingLine } from "./server/kernel/testing/closing-line.ts";

export default defineConfig({
  test: {
    include: ["{contract,formulas,server,cli,journeys,faults,bench}/**/*.test.ts", "*.test.ts"],
    globalSetup: ["server/kernel/testing/database-server.ts"],
    setupFiles: ["server/kernel/testing/seed.ts"],
    reporters: ["default", closingLine],
    pool: "forks",
    maxWorkers: 2,
    // No test is about time: these end what hangs, also on a machine that is busy with other work.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    // Tests that kill processes and cut networks share two cores in CI: one second try, and the report names who needed it.
    retry: process.env["CI"] === "true" ? 1 : 0,
  },
});
