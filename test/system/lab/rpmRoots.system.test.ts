import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Box from "./Box.ts"

// The rpm roots themselves: what their front ends say of the packages and advisories of rpmPackages.sh. No agent here.

const timeout = 240_000

/** dnf 4.5 and 4.23, dnf 5.4 (with rpm 6). */
const dnfRoots = ["bullseye-dnf", "trixie-dnf", "sid-dnf5"]
/** zypper 1.14.42 and 1.14.101. */
const zypperRoots = ["bullseye-zypper", "sid-zypper"]
const rpmRoots = [...dnfRoots, ...zypperRoots]

/** What every front end offers, by name. */
const updates: Readonly<Record<string, string>> = {
  innocent1: "1.1-1",
  innocent2: "1.1-1",
  innocent3: "1.1-1",
  innocent4: "1.1-1",
  innocent5: "1.1-1",
  kernel: "6.1.3-1",
  "kernel-core": "6.1.3-1",
  "lab-archchange": "1.1-1",
  "lab-conffile": "1.1-1",
  "lab-daemon": "1.1-1",
  "lab-epoch": "1:1.1-1",
  "lab-failpost": "1.1-1",
  "lab-failpre": "1.1-1",
  "lab-hangpost": "1.1-1",
  "lab-held": "1.1-1",
  "lab-hidden": "2.0-1",
  "lab-huge": "1.1-1",
  "lab-newdep": "1.1-1",
  "lab-nocve": "1.1-1",
  "lab-plain": "1.1-1",
  "lab-secfix": "1.1-1",
  "lab-src": "1.1-1",
}

const zypper = (box: Box.Box, ...args: ReadonlyArray<string>) =>
  box.run(["zypper", "--non-interactive", ...args])

/** Whichever front end the root has. */
const frontEnd = (root: string) => {
  if (root.endsWith("-zypper"))
    return {
      refresh: (box: Box.Box) => zypper(box, "refresh"),
      upgrade: (box: Box.Box, names: ReadonlyArray<string>) => zypper(box, "update", ...names),
      pending: (box: Box.Box) =>
        zypper(box, "--xmlout", "--no-refresh", "list-updates").pipe(
          Effect.map(({ stdout }) =>
            Object.fromEntries(
              [...stdout.matchAll(/<update kind="package" name="([^"]+)" edition="([^"]+)"/g)].map(
                ([, name, edition]) => [name, edition],
              ),
            ),
          ),
        ),
    }
  const dnf = root.endsWith("-dnf5") ? "dnf5" : "dnf"
  return {
    refresh: (box: Box.Box) => box.run([dnf, "-y", "makecache", "--refresh"]),
    upgrade: (box: Box.Box, names: ReadonlyArray<string>) => box.run([dnf, "-y", "upgrade", ...names]),
    pending: (box: Box.Box) =>
      box.run([dnf, "-q", "-C", "check-update"]).pipe(
        Effect.map(({ stdout }) => {
          const [upgrades = ""] = stdout.split("Obsoleting Packages")
          return Object.fromEntries(
            [...upgrades.matchAll(/^(\S+)\.\S+ +(\S+) +lab\S*\s*$/gm)].map(([, name, version]) => [
              name,
              version,
            ]),
          )
        }),
      ),
  }
}

const query = (box: Box.Box, format: string, ...names: ReadonlyArray<string>) =>
  box.run(["rpm", "-q", "--qf", `${format}\n`, ...names]).pipe(Effect.map(({ stdout }) => stdout.trim()))

describe.each(rpmRoots)("%s", (root) => {
  const { pending, refresh, upgrade } = frontEnd(root)

  it.live(
    "passes for an rpm host with the awkward packages at their release versions",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        assert.include(yield* box.readFile("/etc/os-release"), "ID=labos\n")
        const { stdout } = yield* box.run(["rpm", "-qa", "--qf", "%{NAME} %{VENDOR}\n"])
        const rows = stdout.trim().split("\n")
        assert.lengthOf(rows, 35)
        assert.deepStrictEqual(
          rows.filter((row) => !row.endsWith(" LabOS")),
          ["gpg-pubkey (none)"],
        )
        assert.strictEqual(
          yield* query(box, "%{VERSION}-%{RELEASE}.%{ARCH}", "kernel"),
          "6.1.1-1.x86_64\n6.1.2-1.x86_64",
        )
        assert.strictEqual(yield* query(box, "%{EPOCHNUM}:%{VERSION}", "lab-epoch"), "1:1.0")
        assert.strictEqual(yield* query(box, "%{SOURCERPM}", "lab-src"), "lab-source-2.3-1.src.rpm")
        assert.strictEqual(yield* query(box, "%{MODULARITYLABEL}", "lab-modular"), "labmod:1:1:abc")
        assert.strictEqual(yield* query(box, "%{VERSION}", "lab-obsolete"), "1.0")
        assert.strictEqual(yield* box.readFile("/etc/lab-conffile.conf"), "setting = changed by the admin\n")
      }),
    timeout,
  )

  it.live(
    "has the awkward updates cached",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        // only zypper asks its solver first
        const hopeless = root.endsWith("-zypper") ? {} : { "lab-conflict": "1.1-1", "lab-unsat": "1.1-1" }
        assert.deepStrictEqual(yield* pending(box), { ...updates, ...hopeless })
      }),
    timeout,
  )

  it.live(
    "installs signed updates, a new dependency and a third kernel, and keeps the admin's configuration",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const run = yield* upgrade(box, [
          "lab-archchange",
          "lab-conffile",
          "lab-newdep",
          "lab-huge",
          "kernel",
        ])
        assert.strictEqual(run.exitCode, 0, run.stderr)
        assert.strictEqual(yield* query(box, "%{VERSION}.%{ARCH}", "lab-archchange"), "1.1.x86_64")
        assert.strictEqual(yield* query(box, "%{VERSION}", "lab-newdep", "lab-newdep-lib"), "1.1\n1.0")
        assert.strictEqual(yield* query(box, "%{VERSION}", "kernel-core"), "6.1.1\n6.1.2\n6.1.3")
        assert.strictEqual(yield* box.readFile("/etc/lab-conffile.conf.rpmnew"), "setting = packaged-1.1\n")
      }),
    timeout,
  )

  it.live(
    "believes what was published again, and nothing else",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        Fs.rmSync(box.hostPath("/srv/lab/lab/lab-plain-1.1-1.noarch.rpm"))
        Fs.copyFileSync(
          box.hostPath("/srv/lab/extra/innocent1-1.2-1.noarch.rpm"),
          box.hostPath("/srv/lab/lab/innocent1-1.2-1.noarch.rpm"),
        )
        yield* Box.publish(box)
        const fresh = yield* refresh(box)
        assert.strictEqual(fresh.exitCode, 0, fresh.stderr)
        const now = yield* pending(box)
        assert.notProperty(now, "lab-plain")
        assert.strictEqual(now["innocent1"], "1.2-1")
        assert.notStrictEqual((yield* upgrade(box, ["innocent1"])).exitCode, 0)
        assert.strictEqual(yield* query(box, "%{VERSION}", "innocent1"), "1.0")

        const repomd = box.hostPath("/srv/lab/lab-extras/repodata/repomd.xml")
        const forgery = Fs.readFileSync(repomd, "utf8").replace("<repomd ", "<repomd  ")
        // another file, as libzypp's cache is hard links
        Fs.rmSync(repomd)
        Fs.writeFileSync(repomd, forgery)
        const forged = yield* refresh(box)
        assert.match(forged.stdout + forged.stderr, /signature/i)
      }),
    timeout,
  )
})

describe.each(dnfRoots)("%s", (root) => {
  const dnf = root.endsWith("-dnf5") ? "dnf5" : "dnf"

  it.live(
    "has an advisory for what needs one",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const { stdout } = yield* box.run([dnf, "-q", "-C", "updateinfo", "list"])
        const listed = stdout.split("\n").flatMap((line) => {
          const found = /^(LAB\S+) .*?(\S+\.(?:noarch|x86_64))/.exec(line)
          return found === null ? [] : [`${found[1]} ${found[2]}`]
        })
        assert.deepStrictEqual(listed.sort(), [
          "LABBA-2099:0001 lab-plain-1.1-1.noarch",
          "LABEA-2099:0001 lab-hidden-2.0-1.noarch",
          "LABSA-2099:0001 lab-secfix-1.1-1.noarch",
          "LABSA-2099:0002 lab-hidden-1.1-1.noarch",
          "LABSA-2099:0003 lab-nocve-1.1-1.noarch",
          "LABSA-2099:0004 kernel-6.1.3-1.x86_64",
          "LABSA-2099:0004 kernel-core-6.1.3-1.x86_64",
          "LABSA-2099:0009 lab-withdrawn-1.1-1.noarch",
        ])
      }),
    timeout,
  )

  it.live(
    "refuses an unsigned package",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        Fs.copyFileSync(
          box.hostPath("/srv/lab/extra/lab-plain-1.2-1.noarch.rpm"),
          box.hostPath("/srv/lab/lab/lab-plain-1.2-1.noarch.rpm"),
        )
        yield* Box.publish(box)
        yield* frontEnd(root).refresh(box)
        const run = yield* frontEnd(root).upgrade(box, ["lab-plain"])
        assert.strictEqual(run.exitCode, 1)
        assert.match(run.stdout + run.stderr, /not signed/)
        assert.strictEqual(yield* query(box, "%{VERSION}", "lab-plain"), "1.0")
      }),
    timeout,
  )
})

describe.each(zypperRoots)("%s", (root) => {
  it.live(
    "has an unsolvable patch and, in lab-special, one for the package manager and one that needs a reboot",
    () =>
      Effect.gen(function* () {
        const box = yield* Box.make(root)
        const patches = Effect.map(zypper(box, "--xmlout", "list-patches"), ({ stdout }) =>
          [
            ...stdout.matchAll(
              /kind="patch" name="([^"]+)".*? status="(\w+)" category="(\w+)".*? pkgmanager="(\w+)" restart="(\w+)"/g,
            ),
          ].map(([, ...facts]) => facts.join(" ")),
        )
        const ordinary = [
          "LABBA-2099:0001 needed bugfix false false",
          "LABEA-2099:0001 optional enhancement false false",
          "LABSA-2099:0001 needed security false false",
          "LABSA-2099:0002 needed security false false",
          "LABSA-2099:0003 needed security false false",
          "LABSA-2099:0004 needed security false false",
          "LABSA-2099:0009 needed security false false",
        ]
        assert.deepStrictEqual((yield* patches).sort(), ordinary)
        assert.strictEqual((yield* zypper(box, "patch-check")).exitCode, 101)
        assert.strictEqual((yield* zypper(box, "patch")).exitCode, 4)

        yield* zypper(box, "modifyrepo", "--enable", "lab-special")
        assert.deepStrictEqual((yield* patches).sort(), [
          ordinary[0],
          "LABBA-2099:0010 needed bugfix true false",
          "LABBA-2099:0011 needed bugfix false true",
          ...ordinary.slice(1),
        ])
        assert.strictEqual((yield* zypper(box, "patch")).exitCode, 103)
        assert.strictEqual(yield* query(box, "%{VERSION}", "lab-pkgmgr", "lab-secfix"), "1.1\n1.0")
      }),
    timeout,
  )
})
