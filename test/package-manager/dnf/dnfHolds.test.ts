import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Architecture, PackageName, PackageVersion } from "../../../src/domain/Package.ts"
import { collectInventory } from "../../../src/package-manager/dnf/collectInventory.ts"
import {
  excludesOf,
  isHeld,
  isRefused,
  parseLockFile,
  parseLockList,
} from "../../../src/package-manager/dnf/dnfHolds.ts"
import { recordedDnf, type RecordedDnf } from "./recordedDnf.ts"

const package_ = (name: string, version = "1.0-1") => ({
  name: Schema.decodeSync(PackageName)(name),
  version: Schema.decodeSync(PackageVersion)(version),
  architecture: Schema.decodeSync(Architecture)("x86_64"),
})

const held = (host: RecordedDnf, files: Record<string, string> = {}, isRoot = true) =>
  recordedDnf(host, { files, isRoot }).pipe(
    Effect.flatMap(({ dependencies }) => collectInventory(dependencies, "inventory")),
    Effect.map(({ packages, reasons }) => ({
      names: packages.flatMap((row) => (row.held === true ? [row.name as string] : [])).toSorted(),
      reasons,
    })),
  )

describe("collectInventory", () => {
  it.effect.each([
    ["dnf-4.5", ["lab-epoch"]],
    ["dnf-4.23", ["lab-epoch", "lab-held"]],
    ["dnf5-5.4", ["lab-epoch", "lab-held"]],
  ] as const)("marks what %s is told to keep back, for any user", ([host, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* held(host), { names: [...expected], reasons: [] })
      assert.deepStrictEqual((yield* held(host, {}, false)).names, [...expected])
    }),
  )

  it.effect("takes no notice of a lock list whose plugin is not there or switched off", () =>
    Effect.gen(function* () {
      const list = { "/etc/dnf/plugins/versionlock.list": "lab-held-0:1.0-1.*\n" }
      assert.deepStrictEqual((yield* held("dnf-4.5", list)).names, ["lab-epoch"])
      const off = { "/etc/dnf/plugins/versionlock.conf": "[main]\nenabled = 0\n" }
      assert.deepStrictEqual((yield* held("dnf-4.23", off)).names, ["lab-epoch"])
    }),
  )

  it.effect("reads dnf5's drop-ins, and says so when its lock file is not TOML", () =>
    Effect.gen(function* () {
      const files = {
        "/etc/dnf/libdnf5.conf.d/20-ours.conf": "[main]\nexcludepkgs=lab-src\n",
        "/etc/dnf/versionlock.toml": "packages = [[",
      }
      const found = yield* held("dnf5-5.4", files)
      assert.deepStrictEqual(found.names, ["lab-epoch", "lab-src"])
      assert.deepStrictEqual(
        found.reasons.map(({ code }) => code),
        ["collector_failed"],
      )
    }),
  )
})

describe("holds", () => {
  it("are the patterns of [main], over several lines, with commas or spaces", () => {
    const text =
      "[main]\nbest=True\nexclude = kernel* , *.i686\n\n  php-*\n# exclude=no\nkeepcache=0\n  no-pattern\n[lab]\nexclude=bash\n[main]\nexcludepkgs=nginx"
    assert.deepStrictEqual(
      excludesOf(text).map(({ name }) => name),
      ["kernel*", "*.i686", "php-*", "nginx"],
    )
  })

  it("fit names with and without architecture", () => {
    const holds = [{ name: "kernel*" }, { name: "*.x86_6[45]" }]
    assert.isTrue(isHeld(holds, package_("kernel-core")))
    assert.isTrue(isHeld(holds, package_("bash")))
    assert.isFalse(isHeld([{ name: "kernel*" }, { name: "ba[" }], package_("bash")))
  })

  it("are the lines of either plugin's list that name a version", () => {
    const list =
      "# Added lock\nlab-held-0:1.0-1.*\n0:yum-held-1.0-1.el7.*\nbash\n!lab-plain-1:1.1-1.*\n!epel-2.0-1.el9\n"
    const holds = parseLockList(list)
    assert.isTrue(isHeld(holds, package_("lab-held")))
    assert.isTrue(isHeld(holds, package_("yum-held")))
    assert.isFalse(["bash", "lab-plain", "epel"].some((name) => isHeld(holds, package_(name))))
    assert.isTrue(isRefused(holds, package_("lab-plain", "1:1.1-1")))
    assert.isTrue(isRefused(holds, package_("epel", "2.0-1.el9")))
    assert.isFalse(isRefused(holds, package_("lab-plain", "1:1.2-1")))
  })

  it("are the locks of dnf5 that cap a version", () => {
    const lock = (name: string, comparator: string) =>
      `[[packages]]\nname = "${name}"\n[[packages.conditions]]\nkey = "evr"\ncomparator = "${comparator}"\nvalue = "1.0-1"\n`
    const text = `version = "1.0"\n${lock("a", "=")}${lock("b", "<")}${lock("c", "!=")}${lock("d", ">=")}`
    const holds = Option.getOrElse(parseLockFile(text), () => [])
    assert.deepStrictEqual(
      holds.map(({ name }) => name),
      ["a", "b"],
    )
  })
})
