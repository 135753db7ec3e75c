import { defineConfig } from "vitest/config"

/** Real package managers in throw-away Debian roots: needs root, mmdebstrap and Debian's archive. */
export default defineConfig({
  test: {
    include: ["test/system/**/*.system.test.ts"],
    reporters: ["default", ["json", { outputFile: "reports/system.json" }]],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    // Two boxes at once is what two cores carry.
    maxWorkers: 2,
  },
})
