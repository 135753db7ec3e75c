import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { collectRpmInventory } from "../../../src/package-manager/rpm/rpmDatabase.ts"
import { fakeSubprocess, type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { layerFileTree } from "../../fakes/fileTree.ts"

/** A record of each vendor, and the origins of those that are foreign. */
const origins = (id: string, vendors: ReadonlyArray<string>, ...first: ReadonlyArray<Responder>) =>
  Effect.gen(function* () {
    const rows = vendors.map(
      (vendor, at) => `p${at}\t0\t1.0\t1\tnoarch\tp${at}-1.0-1.src.rpm\t(none)\t${vendor}\n`,
    )
    const fake = fakeSubprocess(...first, when("rpm --query --all", rows.join("")))
    const fs = yield* FileSystem.FileSystem
    const found = yield* collectRpmInventory({ subprocess: fake.service, fs }, "dnf", "inventory")
    assert.deepStrictEqual([found.packages.length, found.reasons], [vendors.length, []])
    return found.packages.flatMap(({ origin = [] }) => origin)
  }).pipe(Effect.provide(layerFileTree({ "/etc/os-release": `ID="${id}"\n` })))

const suse = "SUSE LLC <https://www.suse.com/>"

describe("the origin of an rpm", () => {
  it.effect.each<readonly [id: string, own: ReadonlyArray<string>, foreign: ReadonlyArray<string>]>([
    ["almalinux", ["AlmaLinux", "AlmaLinux"], ["Fedora Project"]],
    ["rocky", ["Rocky Enterprise Software Foundation", "Rocky"], ["Remi's RPM repository"]],
    ["rhel", ["Red Hat, Inc.", "Red Hat, Inc."], ["Fedora Project"]],
    ["ol", ["Oracle America", "Oracle America"], ["Oracle and/or its affiliates"]],
    ["fedora", ["Fedora Project", "Fedora Project"], ["Fedora Project COPR (group/project)"]],
    ["amzn", ["Amazon Linux", "Amazon.com"], ["NodeSource"]],
    ["sles", [suse, "SUSE LINUX GmbH, Nuernberg, Germany"], ["openSUSE"]],
    ["opensuse-leap", [suse, "openSUSE"], ["obs://build.opensuse.org/server:php"]],
  ])("is its vendor where that is not %s", ([id, own, foreign]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* origins(id, [...own, ...foreign]), foreign)
    }),
  )

  it.effect("is unknown where the record has no vendor, or the distribution's vendors are not known", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* origins("almalinux", ["AlmaLinux", "(none)", ""]), [])
      assert.deepStrictEqual(yield* origins("mageia", ["Mageia.Org", "Fedora Project"]), [])
    }),
  )

  it.effect("is not believed where it would be foreign of most packages", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* origins("rocky", ["RESF", "RESF", "Rocky"]), [])
    }),
  )

  it.effect("is read where rpm knows no module labels", () =>
    Effect.gen(function* () {
      const old: Responder = (argv) =>
        argv.some((word) => word.includes("MODULARITYLABEL"))
          ? { stderr: 'error: incorrect format: unknown tag: "MODULARITYLABEL"\n' }
          : undefined
      const found = yield* origins("amzn", ["Amazon Linux", "Fedora Project"], old)
      assert.deepStrictEqual(found, ["Fedora Project"])
    }),
  )
})
