import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/system/**", "node_modules/**"],
    setupFiles: [],
    reporters: ["default", ["json", { outputFile: "reports/unit.json" }]],
    testTimeout: 20_000,
  },
})
