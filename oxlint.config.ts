import { defineConfig } from "oxlint";
import { modules, type ModuleName } from "./server/modules.ts";

/** Files of one module, and what they may not import: every module that the map does not grant them. */
function moduleRule(name: ModuleName) {
  const allowed: readonly string[] = modules[name];
  const refused = Object.keys(modules).filter((other) => !allowed.includes(other));
  return {
    files: [`server/${name}/**/*.ts`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: refused.map((other) => ({
            name: `#${other}`,
            message:
              other === name
                ? "A module never imports its own entry."
                : `server/modules.ts does not let ${name} import ${other}.`,
          })),
        },
      ] as ["error", object],
    },
  };
}

export default defineConfig({
  plugins: ["typescript", "unicorn", "import", "promise", "node", "oxc"],
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  options: { typeAware: true },
  ignorePatterns: ["node_modules", "dist", ".data"],
  rules: {
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "max-lines": ["error", { max: 400, skipBlankLines: false, skipComments: false }],
    "max-lines-per-function": ["error", { max: 70 }],
    "max-params": ["error", { max: 3 }],
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/consistent-type-imports": "error",
    "no-console": "error",
    // One statement after another is what a transaction needs, and what keeps a batch from flooding its neighbours.
    "no-await-in-loop": "off",
    "unicorn/no-array-sort": "off",
    // Our interfaces hold functions that need no `this`; taking one out of its object is how they are used.
    "typescript/unbound-method": "off",
    "unicorn/consistent-function-scoping": "off",
    "import/no-named-as-default-member": "off",
    "no-underscore-dangle": "off",
    "oxc/no-map-spread": "off",
    "typescript/no-misused-spread": "off",
    "typescript/no-generated-empty-object-type": "off",
    // The compiler's noImplicitReturns says the same and knows the types.
    "typescript/consistent-return": "off",
    "promise/always-return": "off",
    "promise/no-callback-in-promise": "off",
    "unicorn/no-array-reverse": "off",
    "no-new": "off",
    // Hono answers what a handler's promise rejects with.
    "oxc/no-async-endpoint-handlers": "off",
    "typescript/no-unsafe-type-assertion": "off",
    "import/no-unassigned-import": "off",
  },
  overrides: [
    ...(Object.keys(modules) as ModuleName[]).map(moduleRule),
    {
      files: ["**/*.test.ts", "**/testing/**", "journeys/**", "bench/**"],
      rules: { "max-lines-per-function": "off", "max-params": "off", "no-console": "off" },
    },
    {
      files: ["*.config.ts", "**/closing-line.ts"],
      rules: { "import/no-default-export": "off" },
    },
  ],
});
