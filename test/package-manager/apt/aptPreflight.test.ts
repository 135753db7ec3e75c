import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { when } from "../../fakes/FakeSubprocess.ts"
import { codes, host, packages, plan, space } from "./plannedLab.ts"
import { recorded, recordedAt } from "./recordedHost.ts"

describe("preflight", () => {
  const rows = recorded(host, "dpkg-query.stdout")
  const withState = (name: string, state: string) =>
    when("dpkg-query --show", rows.replace(new RegExp(`^...\\t${name}\\t`, "m"), `${state}\t${name}\t`))

  it.effect("names half-configured packages, which repair takes care of", () =>
    Effect.gen(function* () {
      const responders = [withState("innocent1", "iF ")]
      const found = yield* plan(packages("lab-plain"), { responders })
      assert.deepStrictEqual(codes(found), ["half_configured"])
      assert.include(found.preflight[0]?.detail ?? "", "innocent1 (half_configured)")
      assert.deepStrictEqual(
        codes(yield* plan({ ...packages("lab-plain"), repair: true }, { responders })),
        [],
      )
    }),
  )

  it.effect("names what must be installed again, which repair takes care of", () =>
    Effect.gen(function* () {
      const responders = [withState("innocent1", "iHR")]
      const found = yield* plan(packages("lab-plain"), { responders })
      assert.deepStrictEqual(codes(found), ["half_configured"])
      assert.include(found.preflight[0]?.remedy ?? "", "apt-get install --reinstall innocent1")
      assert.deepStrictEqual(
        codes(yield* plan({ ...packages("lab-plain"), repair: true }, { responders })),
        [],
      )
    }),
  )

  it.effect("sees an interrupted dpkg, which simulations do not", () =>
    Effect.gen(function* () {
      const files = { "/var/lib/dpkg/updates/0001": "Package: x\n" }
      assert.deepStrictEqual(codes(yield* plan(packages("lab-plain"), { files })), [
        "interrupted_transaction",
      ])
    }),
  )

  it.effect("adds up what is needed on one file system", () =>
    Effect.gen(function* () {
      const slack = 64 * 1024 * 1024
      const enough = Math.ceil(1234 / 1024) * 1024 + (110 - 10) * 1024 + slack
      assert.deepStrictEqual(codes(yield* plan(packages("lab-plain"), { responders: [space(enough)] })), [])
      const found = yield* plan(packages("lab-plain"), { responders: [space(enough - 1)] })
      assert.deepStrictEqual(codes(found), ["disk_space"])
      assert.match(
        found.preflight[0]?.detail ?? "",
        /^downloading and installing needs \d+ MiB on \/, which has/,
      )
    }),
  )

  it.effect("asks for as much in /boot as the largest kernel there, or the usual size", () =>
    Effect.gen(function* () {
      const kernel = {
        selection: { kind: "packages", packages: [{ name: "linux-image-lab", version: "6.1.2-1" }] },
      }
      const boot = (available: number) => space(10 ** 12, { "/boot": available })
      const usual = 128 * 1024 * 1024
      assert.deepStrictEqual(codes(yield* plan(kernel, { responders: [boot(usual)] })), [])
      const found = yield* plan(kernel, { responders: [boot(usual - 1)] })
      assert.match(found.preflight[0]?.detail ?? "", /^a new kernel needs 128 MiB on \/boot/)
    }),
  )

  it.effect("wants root, a deadline to come and the plan that was agreed on", () =>
    Effect.gen(function* () {
      const request = packages("lab-plain")
      assert.deepStrictEqual(codes(yield* plan(request, { isRoot: false })), ["not_root"])
      const at = (hours: number) => DateTime.formatIso(DateTime.add(recordedAt, { hours }))
      assert.deepStrictEqual(codes(yield* plan({ ...request, deadline: at(1) })), [])
      assert.deepStrictEqual(codes(yield* plan({ ...request, deadline: at(-1) })), ["deadline_passed"])
      const { digest } = (yield* plan(request)).plan
      assert.deepStrictEqual(codes(yield* plan({ ...request, plan_digest: digest })), [])
      assert.deepStrictEqual(codes(yield* plan({ ...request, plan_digest: "0".repeat(64) })), [
        "plan_changed",
      ])
    }),
  )
})
