import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/system/**", "node_modules/**"],
    reporters: ["default", ["json", { outputFile: "reports/unit.json" }]],
    testTimeout: 60_000,
    // Many tests wait for real programs and servers: two cores carry more of them than two.
    maxWorkers: 3,
  },
})
