import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { detectZypper } from "../../../src/package-manager/zypper/detectZypper.ts"
import { make } from "../../../src/package-manager/zypper/ZypperPackageManager.ts"
import { fakeSubprocess } from "../../fakes/FakeSubprocess.ts"
import * as FileSystem from "effect/FileSystem"
import { fakeFiles, zypper } from "./recordedZypper.ts"

const suse = `NAME="SLES"\nID="sles"\nID_LIKE="suse"\n`
const program = "/usr/bin/zypper"

const detected = Effect.fnUntraced(function* (osRelease: string, paths: ReadonlyArray<string>) {
  const subprocess = fakeSubprocess(
    ...(paths.includes(program) ? [zypper("--version", "zypper 1.14.68\n")] : []),
  )
  const { fs } = fakeFiles({
    "/etc/os-release": { text: osRelease },
    ...Object.fromEntries(paths.map((path) => [path, { text: "" }])),
  })
  const manager = yield* make.pipe(
    Effect.provideService(FileSystem.FileSystem, fs),
    Effect.provide(subprocess.layer),
  )
  const found = yield* detectZypper({ subprocess: subprocess.service, fs }, manager)
  return Option.getOrUndefined(found)?.state
})

describe("detectZypper", () => {
  it.effect("finds zypper on SUSE's distributions, with its version", () =>
    Effect.gen(function* () {
      const state = yield* detected(suse, [program])
      assert.deepStrictEqual(state, { id: "zypper", version: "1.14.68", patchable: true })
      assert.isTrue((yield* detected(suse, [program, "/usr/bin/dnf"]))?.patchable)
    }),
  )

  it.effect("reports a SUSE host that lost zypper, instead of finding nothing", () =>
    Effect.gen(function* () {
      const state = yield* detected(suse, [])
      assert.isFalse(state?.patchable)
      assert.match(state?.detail ?? "", /none can be updated/)
    }),
  )

  it.effect("leaves the database of other distributions to dnf", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* detected("ID=fedora\n", [program, "/usr/bin/dnf"]))
      assert.isUndefined(yield* detected("ID=debian\n", [program]))
    }),
  )
})
