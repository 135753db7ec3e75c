import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/system/**", "node_modules/**"],
    reporters: ["default", ["json", { outputFile: "reports/unit.json" }]],
    // What hangs is ended; what is slow, on a machine that others share, is not.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Many tests wait for real programs and servers: two cores carry more of them than two.
    maxWorkers: 3,
  },
})
