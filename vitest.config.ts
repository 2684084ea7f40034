import { defineConfig } from "vitest/config";
import { closingLine } from "./server/kernel/testing/closing-line.ts";

export default defineConfig({
  test: {
    include: ["{contract,formulas,server,cli,journeys,faults,bench}/**/*.test.ts", "*.test.ts"],
    globalSetup: ["server/kernel/testing/database-server.ts"],
    reporters: ["default", closingLine],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
