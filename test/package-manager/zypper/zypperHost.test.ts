import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PackageName } from "../../../src/domain/Package.ts"
import { readAutomatic, restoreAutomatic } from "../../../src/package-manager/zypper/autoInstalled.ts"
import { collectDescriptions } from "../../../src/package-manager/zypper/collectDescriptions.ts"
import { collectHealth } from "../../../src/package-manager/zypper/collectHealth.ts"
import { readRepomd } from "../../../src/package-manager/zypper/repomd.ts"
import { tooYoung } from "../../../src/package-manager/versionAge.ts"
import { when } from "../../fakes/FakeSubprocess.ts"
import { answerOf, fakeFiles, indexFiles, recordedZypper, versions, zypper } from "./recordedZypper.ts"

const names = Schema.decodeUnknownSync(Schema.Array(PackageName))

const marks = "/var/lib/zypp/AutoInstalled"

describe("the state of a host", () => {
  it.effect.each(versions)("is sound where zypper %s finds nothing to verify", (version) =>
    Effect.gen(function* () {
      const { dependencies } = yield* recordedZypper(version)
      const { damage, locks, faults, indexes } = yield* collectHealth(dependencies, true)
      assert.deepStrictEqual([damage, locks, faults, indexes.length], [undefined, [], [], 2])
    }),
  )

  it.effect("is not where dependencies are broken, which only root is told", () =>
    Effect.gen(function* () {
      const responders = [zypper("verify", answerOf("1.14.101", "install-conflict.xml"))]
      const { dependencies } = yield* recordedZypper("1.14.101", { responders })
      assert.match((yield* collectHealth(dependencies, true)).damage ?? "", /^zypper verify: .*lab-victim/)
      assert.isUndefined((yield* collectHealth(dependencies, false)).damage)
    }),
  )

  it.effect("is not judged while somebody installs: rpm has both versions until he is done", () =>
    Effect.gen(function* () {
      const row = (version: string) =>
        `lab-plain\t0\t${version}\t1\tnoarch\tlab-plain-${version}-1.src.rpm\t(none)\n`
      const responders = [when("rpm --all", row("1.0") + row("1.1")), when("rpm --whatprovides", "")]
      const twice = yield* recordedZypper("1.14.101", { responders })
      const cutOff = yield* collectHealth(twice.dependencies, true)
      assert.deepStrictEqual(
        cutOff.faults.map(({ name, version, state }) => `${name} ${version} ${state}`),
        ["lab-plain 1.0-1 duplicate"],
      )
      const busy = yield* recordedZypper("1.14.101", {
        responders,
        files: {
          ...indexFiles,
          "/run/zypp.pid": { text: "4711\n" },
          "/proc/4711/stat": { text: "4711 (Zypp-main) S 1" },
          "/proc/4711/cmdline": { text: "/usr/bin/zypper\u0000up\u0000" },
          // Of a process that is gone.
          "/run/zypp-rpm.pid": { text: "4712\n" },
        },
      })
      const { faults, locks } = yield* collectHealth(busy.dependencies, true)
      assert.deepStrictEqual(faults, [])
      assert.deepStrictEqual(
        locks.map(({ lock, pid, program }) => [lock, pid, program]),
        [["/run/zypp.pid", 4711, "zypper"]],
      )
    }),
  )
})

describe("a description", () => {
  it.effect.each(versions)("has what rpm, zypper %s and its list of marks know", (version) =>
    Effect.gen(function* () {
      const { dependencies } = yield* recordedZypper(version, {
        responders: [
          ([program, ...args]) =>
            program === "rpm" && !args.includes("--all")
              ? "lab-plain\tlab-plain-1.0-1.src.rpm\tUnspecified\t4096\thttps://lab.example.invalid\tawkward\npackage lab-new is not installed\n"
              : undefined,
        ],
        files: { ...indexFiles, [marks]: { text: "# AutoInstalled generated\n#\nlab-plain\n#\n" } },
      })
      const { packages, unknown } = yield* collectDescriptions(
        dependencies,
        names(["lab-plain", "lab-new", "no-such-package"]),
      )
      assert.deepStrictEqual(unknown, names(["no-such-package"]))
      const [plain, fresh] = packages
      assert.deepStrictEqual(JSON.parse(JSON.stringify(plain)), {
        manager: "zypper",
        name: "lab-plain",
        installed: [{ version: "1.0-1", architecture: "noarch", held: false, automatic: true }],
        candidate: "1.1-1",
        available: [
          { version: "1.1-1", priority: 99, repositories: ["lab"] },
          { version: "1.0-1", priority: 99, repositories: ["lab"] },
        ],
        source: "lab-plain",
        summary: "awkward package of the lab",
        homepage: "https://lab.example.invalid",
        installedSizeBytes: 4096,
      })
      assert.deepStrictEqual([String(fresh?.candidate), fresh?.installed], ["1.1-1", []])
    }),
  )
})

describe("the marks of what is installed only for others", () => {
  const text = "# AutoInstalled generated Sun Nov 22 16:05:10 2026\n#\nstays\nnew-dependency\n#\n"

  it.effect("come back for what was there before and still is, and nobody else gets one", () =>
    Effect.gen(function* () {
      const { fs, written } = fakeFiles({ [marks]: { text } })
      yield* restoreAutomatic(fs, new Set(["stays", "lost", "removed"]), new Set(["stays", "lost", "mine"]))
      assert.strictEqual(written[marks], `${text}lost\n`)
      assert.deepStrictEqual([...(yield* readAutomatic(fs))], ["stays", "new-dependency", "lost"])
    }),
  )

  it.effect("are not written when none is missing", () =>
    Effect.gen(function* () {
      const { fs, written } = fakeFiles({ [marks]: { text } })
      yield* restoreAutomatic(fs, new Set(["stays"]), new Set(["stays"]))
      assert.deepStrictEqual(written, {})
    }),
  )
})

describe("the age of a version", () => {
  const now = DateTime.makeUnsafe("2026-11-22T12:00:00Z")
  const dated = (by: string, hours: number) => ({ by, at: DateTime.subtract(now, { hours }) })

  it("is that of the oldest thing that proves it", () => {
    const day = Duration.hours(24)
    assert.isUndefined(tooYoung([dated("the index", 1), dated("the patch", 25)], day, now))
    assert.match(
      tooYoung([dated("the index", 1), dated("the patch", 23)], day, now)?.detail ?? "",
      /the patch is of/,
    )
    assert.match(tooYoung([], day, now)?.detail ?? "", /unknown/)
  })

  it.effect("is read from the newest part of an index, which also says whether there are patches", () =>
    Effect.gen(function* () {
      const text = `<?xml version="1.0"?><repomd><revision>9</revision><data type="primary"><timestamp>100</timestamp></data><data type="updateinfo"><timestamp>200.5</timestamp></data></repomd>`
      const { hasAdvisories, madeAt } = yield* readRepomd(text)
      assert.deepStrictEqual([hasAdvisories, madeAt?.epochMilliseconds], [true, 200_000])
      assert.deepStrictEqual(yield* readRepomd("not xml"), { hasAdvisories: false })
    }),
  )
})
