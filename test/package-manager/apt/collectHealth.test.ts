import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { collectHealth } from "../../../src/package-manager/apt/collectHealth.ts"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import { type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { recordedFiles, recordedHost } from "./recordedHost.ts"

const sound = [when("dpkg --audit", ""), when("apt-get -s check", "")]

const health = (responders: ReadonlyArray<Responder>, files = recordedFiles("debian-12-lab")) =>
  Effect.flatMap(recordedHost("debian-12-lab", { responders, files }), ({ dependencies }) =>
    collectHealth(dependencies),
  )

describe("collectHealth", () => {
  it.effect("finds nothing on a sound host", () =>
    Effect.gen(function* () {
      const { damage, faults, locks, indexes } = yield* health(sound)
      assert.deepEqual([damage, faults, locks, indexes.length], [undefined, [], [], 3])
    }),
  )

  it.effect("takes the output of dpkg --audit for damage, though it exits with 0", () =>
    Effect.gen(function* () {
      const audit =
        "The following packages are only half configured:\n lab-failpost  awkward package of the lab\n"
      const { damage } = yield* health([when("dpkg --audit", audit), ...sound])
      assert.include(damage ?? "", "dpkg --audit: The following packages are only half configured")
    }),
  )

  it.effect("sees an interrupted run by dpkg's journal", () =>
    Effect.gen(function* () {
      const files = { ...recordedFiles("debian-12-lab"), "/var/lib/dpkg/updates/0001": "Package: x\n" }
      assert.strictEqual(
        (yield* health(sound, files)).damage,
        "a dpkg run was interrupted: run dpkg --configure -a",
      )
      const harmless = { ...recordedFiles("debian-12-lab"), "/var/lib/dpkg/updates/tmp.i": "" }
      assert.isUndefined((yield* health(sound, harmless)).damage)
    }),
  )

  it.effect("passes on broken dependencies", () =>
    Effect.gen(function* () {
      const refusal = { exitCode: 100, stderr: "E: Unmet dependencies. Try 'apt --fix-broken install'.\n" }
      const { damage } = yield* health([when("apt-get -s check", refusal), ...sound])
      assert.strictEqual(damage, "apt-get check: Unmet dependencies. Try 'apt --fix-broken install'.")
    }),
  )

  it.effect("reports a lost database as damage", () =>
    Effect.gen(function* () {
      const { damage, faults } = yield* health([when("dpkg-query --show", ""), ...sound])
      assert.include(damage ?? "", "/var/lib/dpkg/status is missing or records no installed package")
      assert.deepEqual(faults, [])
    }),
  )

  it.effect("answers for dpkg alone where apt is not installed", () =>
    Effect.gen(function* () {
      const notFound: Responder = ([program = ""]) =>
        program === "apt-get" ? new SubprocessError({ program, reason: "not_found" }) : undefined
      const { damage, indexes } = yield* health([notFound, ...sound])
      assert.deepEqual([damage, indexes], [undefined, []])
    }),
  )
})
