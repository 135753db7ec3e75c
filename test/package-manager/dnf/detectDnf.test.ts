import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { detectDnf } from "../../../src/package-manager/dnf/detectDnf.ts"
import type { DetectedManager } from "../../../src/package-manager/PackageManagers.ts"
import { ManagerError } from "../../../src/package-manager/PackageManager.ts"
import { fakeSubprocess, type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { layerFileTree, type Tree } from "../../fakes/fileTree.ts"

const never = new ManagerError({ manager: "dnf", operation: "test", reason: "failed", detail: "" })
const manager: DetectedManager["manager"] = {
  inventory: Effect.fail(never),
  updates: Effect.fail(never),
  health: Effect.fail(never),
  describe: () => Effect.fail(never),
  refresh: () => Effect.fail(never),
  plan: () => Effect.fail(never),
  apply: () => Effect.fail(never),
}

const dnf = when("dnf --version", "4.14.0\n")
const rpm = when("rpm --query --all", "bash\t0\t5.1\t1\tx86_64\tbash-5.1-1.src.rpm\t(none)\n")
const emptyRpm = when("rpm --query --all", "")
const database: Tree = { "/var/lib/rpm/rpmdb.sqlite": "" }
const os = (text: string): Tree => ({ "/etc/os-release": text })
const rocky = os('ID="rocky"\nID_LIKE="rhel centos fedora"\n')
const debian = os("ID=debian\n")
const leap = os('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n')
const zypper: Tree = { "/usr/bin/zypper": "" }
const program: Tree = { "/usr/bin/dnf": "" }

const detected = (tree: Tree, ...responders: ReadonlyArray<Responder>) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    detectDnf({ subprocess: fakeSubprocess(...responders).service, fs }, manager),
  ).pipe(
    Effect.map((found) => Option.getOrUndefined(found)?.state),
    Effect.provide(layerFileTree(tree)),
  )

describe("detectDnf", () => {
  it.effect("finds dnf, dnf5 and yum with their versions", () =>
    Effect.gen(function* () {
      const found = { id: "dnf", patchable: true } as const
      assert.deepEqual(yield* detected({ ...rocky, ...database }, rpm, dnf), { ...found, version: "4.14.0" })
      const dnf5 = when("dnf5 --version", "dnf5 version 5.4.6.0\n")
      assert.deepEqual(yield* detected({ ...os("ID=fedora\n"), ...database }, rpm, dnf5), {
        ...found,
        version: "5.4.6.0",
      })
      const yum = when("yum --version", "3.4.3\n")
      assert.deepEqual(yield* detected({ ...os('ID="centos"\n'), ...database }, rpm, yum), {
        ...found,
        version: "3.4.3",
      })
    }),
  )

  it.effect("is a second manager on Debian with packages in its database, and none without", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* detected({ ...debian, ...database }, rpm, dnf))?.patchable, true)
      assert.isUndefined(yield* detected({ ...debian, ...database }, emptyRpm, dnf))
      assert.isUndefined(yield* detected(debian, rpm, dnf))
    }),
  )

  it.effect("leaves the database to zypper where os-release speaks for it or there is nothing else", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* detected({ ...leap, ...zypper, ...program, ...database }, rpm, dnf))
      assert.isUndefined(yield* detected({ ...os("ID=labos\n"), ...zypper, ...database }, rpm))
      assert.isTrue((yield* detected({ ...leap, ...program, ...database }, rpm, dnf))?.patchable)
      assert.isTrue((yield* detected({ ...rocky, ...zypper, ...program, ...database }, rpm, dnf))?.patchable)
    }),
  )

  it.effect("lists a database without a front end, or with one that does not run, as not patchable", () =>
    Effect.gen(function* () {
      const bare = yield* detected({ ...os("ID=photon\n"), ...database }, rpm)
      assert.deepInclude(bare, { id: "dnf", patchable: false })
      assert.include(bare?.detail ?? "", "without dnf or yum")
      const broken = yield* detected(
        { ...rocky, ...database },
        rpm,
        when("dnf --version", { exitCode: 1, stderr: "Config error: Missing ']'\n" }),
      )
      assert.deepInclude(broken, { patchable: false })
      assert.include(broken?.detail ?? "", "dnf does not run: Config error")
    }),
  )

  it.effect("still finds dnf on a host of the family whose database is gone", () =>
    Effect.gen(function* () {
      assert.isTrue((yield* detected(rocky, emptyRpm, dnf))?.patchable)
      assert.isFalse((yield* detected(rocky))?.patchable)
    }),
  )
})
