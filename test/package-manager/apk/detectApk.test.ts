import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { SubprocessError } from "../../../src/host/Subprocess.ts"
import { makeAs } from "../../../src/package-manager/apk/ApkPackageManager.ts"
import { apkPaths } from "../../../src/package-manager/apk/apkCommands.ts"
import { collectHealth } from "../../../src/package-manager/apk/collectHealth.ts"
import { detectApk } from "../../../src/package-manager/apk/detectApk.ts"
import { Subprocess } from "../../../src/host/Subprocess.ts"
import * as FileSystem from "effect/FileSystem"
import { insteadOf, recordedHost } from "./recordedHost.ts"
import { generations, recorded, recordedFile } from "./recordings.ts"

const noApk = insteadOf("apk", new SubprocessError({ program: "apk", reason: "not_found" }))

const detect = Effect.fnUntraced(function* (change: Parameters<typeof recordedHost>[1] = {}) {
  const { dependencies } = yield* recordedHost(3, change)
  const manager = yield* makeAs(true).pipe(
    Effect.provideService(Subprocess, dependencies.subprocess),
    Effect.provideService(FileSystem.FileSystem, dependencies.fs),
  )
  return Option.map(yield* detectApk(dependencies, manager), ({ state }) => state)
})

const system = (text: string) => ({
  files: (files: { write: (path: string, text: string, at: number) => void }) =>
    files.write("/etc/os-release", text, 0),
})

describe("apk", () => {
  it.effect("is at home where its database is", () =>
    Effect.gen(function* () {
      const state = { id: "apk" as const, version: "3.0.6", patchable: true }
      assert.deepStrictEqual(yield* detect(), Option.some(state))
      assert.deepStrictEqual(yield* detect(system("ID=openwrt\n")), Option.some(state))
      assert.deepStrictEqual(yield* detect(system("ID=postmarketos\nID_LIKE=alpine\n")), Option.some(state))
    }),
  )

  it.effect("is a mere tool on another family's host, and not there without its database", () =>
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(yield* detect(system("ID=raspbian\nID_LIKE=debian\n"))))
      const found = yield* detect({
        files: (files) => {
          files.write("/etc/os-release", "ID=something\n", 0)
          files.remove(apkPaths.installed)
        },
      })
      assert.isTrue(Option.isNone(found))
    }),
  )

  it.effect("is reported on Alpine when its database is lost", () =>
    Effect.gen(function* () {
      const found = yield* detect({ files: (files) => files.remove(apkPaths.installed) })
      assert.isTrue(Option.isSome(found))
    }),
  )

  it.effect("can be listed without being installed, but not patched", () =>
    Effect.gen(function* () {
      const found = Option.getOrUndefined(yield* detect({ responders: [noApk] }))
      assert.isFalse(found?.patchable)
      const { dependencies } = yield* recordedHost(3, { responders: [noApk] })
      const manager = yield* makeAs(true).pipe(
        Effect.provideService(Subprocess, dependencies.subprocess),
        Effect.provideService(FileSystem.FileSystem, dependencies.fs),
      )
      assert.lengthOf((yield* manager.inventory).packages, 26)
      assert.strictEqual((yield* Effect.flip(manager.updates)).reason, "not_available")
      assert.isUndefined((yield* manager.health).damage)
    }),
  )
})

describe("the health of a host", () => {
  it.effect.each(generations)("with apk %i names broken packages", (generation) =>
    Effect.gen(function* () {
      const { dependencies } = yield* recordedHost(generation, {
        files: (files) => files.write(apkPaths.installed, recordedFile(generation, "installed-broken"), 0),
      })
      const { faults, damage, indexes } = yield* collectHealth(dependencies)
      assert.deepStrictEqual(
        faults.map(({ name, state }) => `${name} ${state}`),
        [
          "lab-post-upgrade half_configured",
          "lab-pre-upgrade half_configured",
          "lab-trigger half_configured",
        ],
      )
      assert.isUndefined(damage)
      assert.lengthOf(indexes, 2)
    }),
  )

  it.effect("tells a lost database, and a world that cannot be satisfied", () =>
    Effect.gen(function* () {
      const lost = yield* recordedHost(3, { files: (files) => files.remove(apkPaths.installed) })
      assert.include((yield* collectHealth(lost.dependencies)).damage, apkPaths.installed)
      const broken = yield* recordedHost(3, {
        responders: [insteadOf("add --simulate", recorded(3, "simulate-unsatisfiable-world"))],
      })
      assert.include((yield* collectHealth(broken.dependencies)).damage, "lab-ghost (no such package)")
    }),
  )

  it.effect("tells a transaction that was cut off, and not one that is at work", () =>
    Effect.gen(function* () {
      const host = yield* recordedHost(3, {
        files: (files) => {
          files.write(apkPaths.log, recordedFile(3, "interrupted.apk-log"), 0)
          files.write(apkPaths.lock, "", 0)
        },
      })
      assert.deepStrictEqual(
        (yield* collectHealth(host.dependencies)).faults.map(({ name, state }) => `${name} ${state}`),
        ["lab-hangpost half_installed"],
      )
      const inode = host.files.all.get(apkPaths.lock)?.inode ?? 0n
      host.files.write("/proc/locks", `1: FLOCK  ADVISORY  WRITE 42 fe:00:${inode} 0 EOF\n`, 0)
      const { faults, locks } = yield* collectHealth(host.dependencies)
      assert.deepStrictEqual([faults, locks.map(({ pid }) => pid)], [[], [42]])
    }),
  )
})
