import * as Effect from "effect/Effect"
import { updateAgent } from "../../../src/self-update/updateAgent.ts"
import { configOf, shortWindow } from "./UpdateHost.ts"
import { watchedLayers } from "./watchedSteps.ts"

// One attempt that is killed after so many steps: stoppedUpdater.ts ROOT URL CA_FILE STEPS
const [root = "", url = "", caFile = "", steps = ""] = process.argv.slice(2)
let left = Number(steps)

const layers = watchedLayers(root, configOf(root, { url, caFile }), () =>
  Effect.sync(() => {
    left -= 1
    if (left === 0) process.kill(process.pid, "SIGKILL")
  }),
)

await Effect.runPromise(Effect.provide(updateAgent(shortWindow), layers))
