import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { collectInventory } from "../../../src/package-manager/apt/collectInventory.ts"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import { when } from "../../fakes/FakeSubprocess.ts"
import { recordedHost } from "./recordedHost.ts"

const inventory = (changes: Parameters<typeof recordedHost>[1]) =>
  Effect.flatMap(recordedHost("debian-12-lab", changes), ({ dependencies }) =>
    collectInventory(dependencies, "inventory"),
  )

describe("collectInventory", () => {
  it.effect("lists the recorded packages and finds nothing amiss", () =>
    Effect.gen(function* () {
      const { packages, faults, reasons } = yield* inventory({})
      assert.isAbove(packages.length, 80)
      assert.deepEqual([faults, reasons], [[], []])
      assert.deepEqual(
        packages.filter(({ held }) => held === true).map(({ name }) => name),
        ["lab-held"],
      )
      assert.isFalse(packages.some(({ name }) => name === "lab-rc"))
    }),
  )

  it.effect("says how many lines it did not understand", () =>
    Effect.gen(function* () {
      const stdout = "ii \tbash\t5.2\tamd64\tbash\t5.2\nii bash 5.2\n??\n"
      const { packages, reasons } = yield* inventory({ responders: [when("dpkg-query --show", stdout)] })
      assert.lengthOf(packages, 1)
      assert.deepEqual(reasons, [
        {
          manager: "apt",
          code: "lines_not_understood",
          detail: "lines of dpkg-query not understood: 2",
          count: 2,
        },
      ])
    }),
  )

  it.effect("does not take an empty answer for a host without packages", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        inventory({
          responders: [when("dpkg-query --show", "")],
          files: { "/var/lib/dpkg/status-old": "Package: dpkg\n" },
        }),
      )
      assert.strictEqual(error.reason, "database_damaged")
      assert.strictEqual(
        error.message,
        "apt inventory: database damaged: /var/lib/dpkg/status is missing or records no installed package; /var/lib/dpkg/status-old holds the former one",
      )
    }),
  )

  it.effect("passes on what dpkg says of a database it cannot read", () =>
    Effect.gen(function* () {
      const stderr =
        "dpkg-query: error: parsing file '/var/lib/dpkg/status' near line 3:\n field name 'garbage' must be followed by colon\n"
      const responders = [
        when("dpkg-query --show", { exitCode: 2, stdout: "ii \ta\t1\tall\ta\t1\n", stderr }),
      ]
      const error = yield* Effect.flip(inventory({ responders }))
      assert.strictEqual(error.reason, "database_damaged")
      assert.include(error.detail, "near line 3: field name 'garbage'")
    }),
  )

  it.effect("is partial when the output was cut", () =>
    Effect.gen(function* () {
      const answer = { stdout: "ii \tbash\t5.2\tamd64\tbash\t5.2\n", truncated: true }
      const { reasons } = yield* inventory({ responders: [when("dpkg-query --show", answer)] })
      assert.deepEqual(
        reasons.map(({ code }) => code),
        ["collector_failed"],
      )
    }),
  )

  it.effect.each([
    ["not_found", "not_available"],
    ["timed_out", "timed_out"],
    ["killed", "failed"],
  ] as const)("fails when dpkg-query is %s", ([reason, expected]) =>
    Effect.gen(function* () {
      const responders = [when("dpkg-query", new SubprocessError({ program: "dpkg-query", reason }))]
      assert.strictEqual((yield* Effect.flip(inventory({ responders }))).reason, expected)
    }),
  )
})
