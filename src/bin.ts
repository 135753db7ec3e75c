#!/usr/bin/env node
import { writeSync } from "node:fs"
import { agentVersion } from "./agentVersion.ts"

// Starting is mostly loading, so what is asked most is answered with little: monitoring wants the status over and over.
// The executable keeps each `import()` of this file as a script of its own (scripts/build/parts.ts).
const args = process.argv.slice(2)

switch (args.join("\0")) {
  case "--version":
    writeSync(1, `patchctl v${agentVersion}\n`)
    break
  case "status":
  case "status\0--json":
    void import("./statusMain.ts").then(({ main }) => main({ json: args.length > 1 }))
    break
  default:
    void import("./main.ts").then(({ main }) => main())
}
