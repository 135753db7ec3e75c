import { subscribe } from "node:diagnostics_channel"
import { appendFileSync } from "node:fs"

/**
 * Preloaded into a program (`node --import`) to write down, one JSON document a line, every process it starts and
 * how much memory it has used in the end. The program itself notices nothing.
 */
const path = process.env["WITNESS_FILE"] ?? "/dev/null"

const note = (fact: object) => appendFileSync(path, `${JSON.stringify(fact)}\n`)

subscribe("tracing:child_process.spawn:start", (message) => {
  const child =
    typeof message === "object" && message !== null && "process" in message ? message.process : undefined
  const args =
    typeof child === "object" && child !== null && "spawnargs" in child ? child.spawnargs : "unknown"
  note({ started: args })
})

process.on("exit", () => note({ mostMebibytes: process.resourceUsage().maxRSS / 1024 }))
