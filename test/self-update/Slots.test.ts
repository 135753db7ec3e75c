import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Environment } from "../../src/config/Environment.ts"
import { ReleaseVersion } from "../../src/domain/Release.ts"
import { Installation } from "../../src/self-update/Installation.ts"
import { Slots } from "../../src/self-update/Slots.ts"

const one = ReleaseVersion.make("1.0.0")
const two = ReleaseVersion.make("1.1.0")

/** An installation whose executable in use is just there, as somebody copied it. */
const inInstallation = <A, E>(test: (root: string) => Effect.Effect<A, E, FileSystem.FileSystem | Slots>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const root = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-slots-" })
    yield* files.makeDirectory(`${root}/bin`)
    yield* files.writeFileString(`${root}/bin/patchctl-agent`, "one", { mode: 0o755 })
    const environment = Layer.succeed(Environment, { variables: { PATCHCTL_INSTALLATION: root }, userId: 0 })
    const slots = Slots.layer.pipe(Layer.provide(Installation.layer), Layer.provide(environment))
    return yield* Effect.provide(test(root), slots)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const modeOf = (path: string) =>
  Effect.map(
    FileSystem.FileSystem.use((files) => files.stat(path)),
    ({ type, mode }) => [type, (mode & 0o777).toString(8)],
  )

const placed = Effect.fnUntraced(function* (version: ReleaseVersion, content: string) {
  const slots = yield* Slots
  const files = yield* FileSystem.FileSystem
  yield* files.writeFileString(yield* slots.prepare(version), content, { mode: 0o600 })
  yield* slots.place(version)
})

describe("slots", () => {
  it.effect("know which version is in use only once it has a slot", () =>
    inInstallation(() =>
      Effect.gen(function* () {
        const slots = yield* Slots
        assert.isTrue(Option.isNone(yield* slots.current))
        yield* slots.adopt(one)
        assert.deepStrictEqual(yield* slots.current, Option.some(one))
      }),
    ),
  )

  it.effect("switch there and back again, twice too, and stay a regular file for everybody to run", () =>
    inInstallation((root) =>
      Effect.gen(function* () {
        const slots = yield* Slots
        const files = yield* FileSystem.FileSystem
        yield* slots.adopt(one)
        yield* placed(two, "two")
        for (const [version, content] of [
          [two, "two"],
          [two, "two"],
          [one, "one"],
        ] as const) {
          yield* slots.switchTo(version)
          assert.deepStrictEqual(yield* slots.current, Option.some(version))
          assert.strictEqual(yield* files.readFileString(`${root}/bin/patchctl-agent`), content)
          assert.deepStrictEqual(yield* modeOf(`${root}/bin/patchctl-agent`), ["File", "755"])
          assert.deepStrictEqual(yield* files.readDirectory(`${root}/bin`), ["patchctl-agent"])
        }
      }),
    ),
  )

  it.effect("take the place of what a crash has left half-way", () =>
    inInstallation((root) =>
      Effect.gen(function* () {
        const slots = yield* Slots
        const files = yield* FileSystem.FileSystem
        yield* slots.adopt(one)
        yield* files.writeFileString(`${root}/bin/patchctl-agent.new`, "half")
        yield* files.makeDirectory(`${root}/versions/1.1.0`)
        yield* files.writeFileString(`${root}/versions/1.1.0/patchctl-agent.part`, "half")
        yield* placed(two, "two")
        yield* slots.switchTo(two)
        assert.strictEqual(yield* files.readFileString(`${root}/bin/patchctl-agent`), "two")
      }),
    ),
  )

  it.effect("adopt what was installed over a version by hand", () =>
    inInstallation((root) =>
      Effect.gen(function* () {
        const slots = yield* Slots
        const files = yield* FileSystem.FileSystem
        yield* slots.adopt(one)
        yield* files.remove(`${root}/bin/patchctl-agent`)
        yield* files.writeFileString(`${root}/bin/patchctl-agent`, "another one", { mode: 0o755 })
        assert.isTrue(Option.isNone(yield* slots.current))
        yield* slots.adopt(one)
        assert.strictEqual(yield* files.readFileString(slots.program(one)), "another one")
      }),
    ),
  )

  it.effect("remove no version but those that nobody keeps, and nothing that is none", () =>
    inInstallation((root) =>
      Effect.gen(function* () {
        const slots = yield* Slots
        const files = yield* FileSystem.FileSystem
        yield* slots.adopt(one)
        yield* placed(two, "two")
        yield* files.makeDirectory(`${root}/versions/notes`)
        yield* slots.keepOnly(two)
        assert.deepStrictEqual((yield* files.readDirectory(`${root}/versions`)).toSorted(), [
          "1.1.0",
          "notes",
        ])
        // What is in use has a name of its own.
        assert.strictEqual(yield* files.readFileString(`${root}/bin/patchctl-agent`), "one")
      }),
    ),
  )

  it.effect("say that a version cannot be switched to which is not there", () =>
    inInstallation((root) =>
      Effect.gen(function* () {
        const slots = yield* Slots
        const files = yield* FileSystem.FileSystem
        const error = yield* Effect.flip(slots.switchTo(two))
        assert.strictEqual(error._tag, "UpdateFilesError")
        assert.strictEqual(yield* files.readFileString(`${root}/bin/patchctl-agent`), "one")
      }),
    ),
  )
})
