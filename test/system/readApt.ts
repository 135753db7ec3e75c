import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Scan } from "../../src/domain/Scan.ts"
import type { AvailableUpdate } from "../../src/domain/Update.ts"
import { AptReads } from "./aptReadProbe.ts"
import type * as Box from "./lab/Box.ts"

// Asks the apt backend inside a throw-away machine, and apt itself.

export const decodeScan = Schema.decodeEffect(Schema.fromJsonString(Scan))
const decode = Schema.decodeEffect(Schema.fromJsonString(AptReads))

export const read = Effect.fnUntraced(function* (box: Box.Box, options: Box.RunOptions = {}) {
  const [node] = box.agentArgv([])
  const program = "/opt/lab/checkout/test/system/aptReadProbe.ts"
  const names = [
    "lab-sourced",
    "lab-autodep",
    "lab-held",
    "lab-newdep-lib",
    "lab-multiarch",
    "no.such",
    "bash",
  ]
  const result = yield* box.run([node, program, ...names], { timeout: "150 seconds", ...options })
  assert.strictEqual(result.exitCode, 0, result.stderr)
  return yield* decode(result.stdout)
})

/** The answer, where the read did not fail. */
export const sound = <A extends object>(
  answer: A | { readonly failed: string; readonly detail: string },
): A => ("failed" in answer ? assert.fail(`${answer.failed}: ${answer.detail}`) : answer)

export const failure = (answer: object) => ("failed" in answer ? answer.failed : "answered")

export const installable = (updates: ReadonlyArray<AvailableUpdate>): ReadonlyArray<string> =>
  updates
    .filter(({ installable }) => installable.answer === "yes")
    .map(({ name }): string => name)
    .toSorted()

export const withheld = (updates: ReadonlyArray<AvailableUpdate>): Record<string, string> =>
  Object.fromEntries(
    updates.flatMap(({ name, installable }) =>
      installable.answer === "no" ? [[name, installable.reason]] : [],
    ),
  )

export const codes = (reasons: ReadonlyArray<{ readonly code: string }>): ReadonlyArray<string> =>
  reasons.map(({ code }) => code)

/** What apt-get says it would upgrade. */
export const simulated = (box: Box.Box, command: string) =>
  box
    .run(["apt-get", "-s", "-o", "APT::Get::Show-User-Simulation-Note=0", command])
    .pipe(
      Effect.map(({ stdout }) =>
        [...stdout.matchAll(/^Inst (\S+) \[/gm)].map(([, name = ""]) => name).toSorted(),
      ),
    )

export const prepare = Effect.fnUntraced(function* (box: Box.Box) {
  yield* box.run(["apt-mark", "hold", "lab-held"])
  yield* box.writeFile(
    "/etc/apt/preferences.d/lab",
    "Package: lab-pinned\nPin: version 1.0-1\nPin-Priority: 1001\n",
  )
})
