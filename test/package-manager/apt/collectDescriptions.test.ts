import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { PackageName } from "../../../src/domain/Package.ts"
import { collectDescriptions } from "../../../src/package-manager/apt/collectDescriptions.ts"
import { type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { recordedHost } from "./recordedHost.ts"

const records = `Package: lab-sourced
Architecture: all
Version: 1.1-1
Section: misc
Source: lab-source (1:2.4)
Installed-Size: 10
Description-en: awkward package of the lab
 with a long text.
Description-md5: 97260733cbb726c44ca14873c5d1ee58

Package: bash
Source: bash (5.2.15-2)
Version: 5.2.15-2+b13
Installed-Size: 7164
Architecture: amd64
Section: shells
Homepage: http://tiswww.case.edu/php/chet/bash/bashtop.html
Description: GNU Bourne Again SHell

`

const describing = (names: ReadonlyArray<string>, ...responders: ReadonlyArray<Responder>) =>
  Effect.flatMap(
    recordedHost("debian-12-lab", {
      responders: [
        ...responders,
        when("apt-cache show", records),
        when("apt-mark showauto", "lab-autodep\nlab-sourced\n"),
      ],
    }),
    ({ dependencies }) =>
      collectDescriptions(
        dependencies,
        names.map((name) => PackageName.make(name)),
      ),
  )

describe("collectDescriptions", () => {
  it.effect("joins what dpkg, the version table, the record and the marks say", () =>
    Effect.gen(function* () {
      const { packages, unknown } = yield* describing(["lab-sourced"])
      assert.deepEqual<unknown>(unknown, [])
      assert.deepEqual<unknown>(packages, [
        {
          manager: "apt",
          name: PackageName.make("lab-sourced"),
          installed: [{ version: "1.0-1", architecture: "all", held: false, automatic: true }],
          candidate: "1.1-1",
          available: [
            {
              version: "1.1-1",
              priority: 500,
              repositories: ["copy:/srv/lab lab-updates/main amd64 Packages"],
            },
            { version: "1.0-1", priority: 500, repositories: ["copy:/srv/lab lab/main amd64 Packages"] },
          ],
          source: "lab-source",
          section: "misc",
          summary: "awkward package of the lab",
          installedSizeBytes: 10_240,
        },
      ])
    }),
  )

  it.effect("finds a package by its name with the native architecture", () =>
    Effect.gen(function* () {
      const { packages } = yield* describing(["bash:amd64"])
      assert.deepEqual<unknown>(
        packages.map(({ summary, homepage, installed }) => [summary, homepage, installed.length]),
        [["GNU Bourne Again SHell", "http://tiswww.case.edu/php/chet/bash/bashtop.html", 1]],
      )
    }),
  )

  it.effect("says that a held package is held", () =>
    Effect.gen(function* () {
      const { packages } = yield* describing(["lab-held"])
      assert.deepEqual<unknown>(packages[0]?.installed, [
        { version: "1.0-1", architecture: "all", held: true, automatic: false },
      ])
    }),
  )

  it.effect("lists names nobody knows, each once, without failing", () =>
    Effect.gen(function* () {
      const { packages, unknown } = yield* describing(
        ["nosuch", "bash", "mail-transport-agent", "nosuch"],
        when("apt-cache show", { exitCode: 100, stdout: records, stderr: "E: No packages found\n" }),
      )
      assert.deepEqual<unknown>(
        packages.map(({ name }): string => name),
        ["bash"],
      )
      assert.deepEqual<unknown>(unknown, [
        PackageName.make("nosuch"),
        PackageName.make("mail-transport-agent"),
      ])
    }),
  )

  it.effect("takes nothing for an answer that was not asked for", () =>
    Effect.gen(function* () {
      // apt takes an unknown name with a dot for a pattern and answers for whatever fits.
      const { packages, unknown } = yield* describing(["b.sh"])
      assert.deepEqual<unknown>([packages, unknown], [[], [PackageName.make("b.sh")]])
    }),
  )
})
