import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { ManagerId } from "../../../src/domain/Package.ts"
import { suite } from "../../package-manager/suite/managerSuite.ts"
import type { ManagerWorld, WorldError } from "../../package-manager/suite/ManagerWorld.ts"
import { verified } from "../../package-manager/suite/verified.ts"
import * as Box from "../lab/Box.ts"
import { Found } from "./detectProbe.ts"

const decodeFound = Schema.decodeEffect(Schema.fromJsonString(Found))

/** The package managers the agent finds in a box. */
export const detected = Effect.fnUntraced(function* (box: Box.Box, options: Box.RunOptions = {}) {
  const [node] = box.agentArgv([])
  const program = "/opt/lab/checkout/test/system/managers/detectProbe.ts"
  const { exitCode, stdout, stderr } = yield* box.run([node, program], options)
  assert.strictEqual(exitCode, 0, stderr)
  return yield* decodeFound(stdout)
})

/** The behaviour suite for every program of one manager that `verified` names, in a root that really has it. */
export const realSuites = (
  manager: ManagerId,
  world: (root: string) => Layer.Layer<ManagerWorld, WorldError>,
) => {
  for (const { program, root, runs, ...row } of verified) {
    const isWanted = runs === "always" || process.env["PATCHCTL_LAB_ALL"] === "1"
    if (row.manager !== manager || root === undefined || !isWanted) continue
    describe(root, () => {
      it.live(`is found to be ${program}`, () =>
        Effect.gen(function* () {
          const box = yield* Box.make(root)
          const found = yield* detected(box)
          assert.deepStrictEqual(
            found.map(({ id, patchable }) => [id, patchable]),
            [[manager, true]],
          )
          const [, version = ""] = program.split(" ")
          assert.isTrue(`${found[0]?.version}.`.startsWith(`${version}.`), found[0]?.version)
        }).pipe(Effect.scoped),
      )
      suite(program, world(root))
    })
  }
}
