import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { UpdateOutcome } from "../../../src/domain/UpdateAttempt.ts"
import { updateAgent } from "../../../src/self-update/updateAgent.ts"
import { type Behaviour, standIn } from "./standIn.ts"
import { attempt, boot, configOf, type Server, shortWindow, stop } from "./UpdateHost.ts"
import { inWorld, works } from "./updateWorld.ts"
import { watchedLayers } from "./watchedSteps.ts"

const updater = fileURLToPath(new URL("./stoppedUpdater.ts", import.meta.url))

/** What each part of an update leaves, in order. */
const begun = [
  "adopt",
  "metadata",
  "keep only",
  "prepare",
  "download",
  "place",
  "write switching",
  "switch to 1.1.0",
  "write proving",
  "restart",
]
const wholeUpdate = [...begun, "keep only", "write the end"]
const wholeReturn = [...begun, "write returning", "switch to 1.0.0", "restart", "keep only", "write the end"]

/** How a program ended. Those of ours are read only once. */
const run = (program: string, args: ReadonlyArray<string>, cache = "/nonexistent") =>
  Effect.callback<string>((resume) => {
    const env = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: cache }
    const child = spawn(program, args, { stdio: "ignore", env })
    child.on("close", (code, signal) => resume(Effect.succeed(signal ?? `exit code ${code}`)))
  })

const copyTree = (from: string, to: string) => run("cp", ["-a", from, to])

/** Another attempt ends what was begun, and the one after that finds nothing to do. */
const endsWell = Effect.fnUntraced(function* (root: string, server: Server, behaviour: Behaviour) {
  const { outcome: first } = yield* attempt(root, server)
  const expected: ReadonlyArray<UpdateOutcome> =
    behaviour === "good" ? ["updated", "up_to_date"] : ["returned", "up_to_date"]
  assert.include(expected, first)
  yield* works(root, behaviour === "good" ? "1.1.0" : "1.0.0")
  assert.strictEqual((yield* attempt(root, server)).outcome, "up_to_date")
})

for (const [behaviour, steps] of [
  ["good", wholeUpdate],
  ["silent", wholeReturn],
] as const) {
  describe(`an update to a ${behaviour} release`, () => {
    it.live("survives a power failure after each of its steps", () =>
      inWorld(({ directory, root, server, releases }) =>
        Effect.gen(function* () {
          const files = yield* FileSystem.FileSystem
          yield* releases.add("1.1.0", standIn("1.1.0", behaviour))
          const seen: Array<string> = []
          const layers = watchedLayers(root, configOf(root, server), (step) =>
            Effect.gen(function* () {
              seen.push(step)
              yield* copyTree(root, `${directory}/after-${seen.length}`)
            }),
          )
          yield* Effect.provide(updateAgent(shortWindow), layers)
          assert.deepStrictEqual(seen, steps)

          yield* Effect.forEach(
            seen.keys(),
            Effect.fnUntraced(function* (index) {
              const copy = `${directory}/after-${index + 1}`
              yield* Effect.addFinalizer(() => Effect.ignore(stop(copy)))
              yield* boot(copy)
              yield* endsWell(copy, server, behaviour)
              // What was in the making is not left behind.
              assert.notInclude(yield* files.readDirectory(`${copy}/update`), "metadata.new")
            }, Effect.scoped),
            { concurrency: 4, discard: true },
          )
        }),
      ),
    )

    it.live("survives kill -9 after each of its steps", () =>
      inWorld(({ directory, root, server, releases }) =>
        Effect.gen(function* () {
          yield* releases.add("1.1.0", standIn("1.1.0", behaviour))
          const from = behaviour === "good" ? 1 : begun.length + 1
          const counts = steps.map((_, index) => index + 1).filter((count) => count >= from)
          yield* Effect.forEach(
            counts,
            Effect.fnUntraced(function* (count) {
              const copy = `${directory}/killed-${count}`
              yield* copyTree(root, copy)
              yield* Effect.addFinalizer(() => Effect.ignore(stop(copy)))
              yield* boot(copy)
              yield* works(copy, "1.0.0")
              const args = [updater, copy, server.url, server.caFile, String(count)]
              assert.strictEqual(yield* run(process.execPath, args, `${directory}/cache`), "SIGKILL")
              yield* endsWell(copy, server, behaviour)
            }, Effect.scoped),
            { concurrency: 3, discard: true },
          )
        }),
      ),
    )
  })
}
