// Adds up vitest's own JSON reports. A missing or empty report is a failure: no test is not a pass.
import { readFileSync } from "node:fs"

let passed = 0
let failed = 0
for (const file of ["reports/unit.json", "reports/system.json"]) {
  try {
    const report = JSON.parse(readFileSync(file, "utf8"))
    passed += report.numPassedTests
    // A file that could not even be loaded has no failed test, only a failed suite.
    failed += Math.max(report.numFailedTests, report.success ? 0 : 1)
    if (report.numPassedTests === 0) failed += 1
    failed += report.numPendingTests + report.numTodoTests
  } catch (error) {
    process.stdout.write(`${file}: ${error.message}\n`)
    failed += 1
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
