import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { InstalledPackage } from "../../src/domain/Package.ts"
import * as NodeSubprocess from "../../src/host/NodeSubprocess.ts"
import { inventoryOfRoot } from "../../src/package-manager/mountedRoot.ts"
import * as Box from "./lab/Box.ts"
import { boxManager } from "./managers/boxManager.ts"

// What this host reads of a throw-away machine's file system, against the tools inside.

const services = NodeSubprocess.layer.pipe(Layer.provideMerge(NodeServices.layer))

const inventoryOf = (box: Box.Box) => Effect.provide(inventoryOfRoot(box.hostPath("")), services)

const sh = Effect.fnUntraced(function* (box: Box.Box, script: string) {
  const { exitCode, stdout, stderr } = yield* box.run(["bash", "-euc", script])
  assert.strictEqual(exitCode, 0, stderr)
  return stdout
})

const linesOf = (text: string) => text.trim().split("\n").toSorted()

/** Every file of the databases with its size and time of change. */
const databaseFiles = (box: Box.Box) =>
  sh(
    box,
    "find /etc /root /usr/lib/sysimage /var/lib -not -path '/root/.cache*' -printf '%p %s %T@ %C@\\n' 2>/dev/null | sort",
  )

const key = ({ name, architecture, version }: InstalledPackage) => `${name}\t${architecture}\t${version}`

interface Tool {
  readonly root: string
  readonly manager: "apt" | "dnf" | "zypper" | "pacman"
  /** What happens to the machine before it is looked at. */
  readonly prepare?: string
  /** What the tool says: as `key` has it. */
  readonly list: string
}

const rpmList = `rpm -qa --queryformat '%{NAME}\\t%{ARCH}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\n' | grep -v ^gpg-pubkey | sed 's/\\t0:/\\t/'`
const pacmanList =
  "LC_ALL=C pacman -Qi | sed -n 's/^Name  *: //p; s/^Version  *: //p; s/^Architecture  *: //p' | awk '{ name = $0; getline version; getline; print name \"\\t\" $0 \"\\t\" version }'"

const tools: ReadonlyArray<Tool> = [
  {
    root: "bookworm-lab",
    manager: "apt",
    prepare:
      "apt-mark hold lab-plain; dpkg --unpack $(find /srv/lab -name 'lab-secfix_*.deb' | sort | tail -n1)",
    list: "dpkg-query -W -f '${db:Status-Abbrev}\\t${Package}\\t${Architecture}\\t${Version}\\n' | sed -n 's/^[ih]i \\t//p'",
  },
  { root: "bullseye-dnf", manager: "dnf", list: rpmList },
  { root: "sid-dnf5", manager: "dnf", list: rpmList },
  { root: "trixie-zypper", manager: "zypper", list: rpmList },
  { root: "bookworm-pacman", manager: "pacman", list: pacmanList },
]

describe.each(tools)("$root, mounted", ({ root, manager, prepare, list }) => {
  it.live("has the packages that its own tools list, and is not written to", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* sh(box, prepare ?? "true")
      const before = yield* databaseFiles(box)
      const found = yield* inventoryOf(box)
      assert.strictEqual(yield* databaseFiles(box), before)
      assert.isAbove(found.packages.length, 20)
      assert.deepStrictEqual(found.packages.map(key).toSorted(), linesOf(yield* sh(box, list)))
      // The backend inside sees the same, sources, modules and broken packages included.
      const inside = yield* (yield* boxManager(box, manager)).manager.inventory
      const sorted = (packages: ReadonlyArray<InstalledPackage>) =>
        packages.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
      assert.deepStrictEqual(sorted(found.packages), sorted(inside.packages))
      assert.deepStrictEqual(
        [found.manager, found.faults, found.reasons],
        [manager, inside.faults, inside.reasons],
      )
      // Of the one machine that something happened to.
      assert.deepStrictEqual(
        found.faults.length + found.packages.filter(({ held }) => held).length,
        prepare === undefined ? 0 : 2,
      )
      const osRelease = yield* sh(box, '. /etc/os-release; printf \'%s %s\' "$ID" "${VERSION_ID:-}"')
      assert.strictEqual(`${found.system.osId} ${found.system.osVersion}`, osRelease)
    }).pipe(Effect.scoped),
  )
})

describe("a real root with damage", () => {
  it.live("is told by dpkg's journal what the status file does not say yet", () =>
    Effect.gen(function* () {
      const box = yield* Box.make("bookworm-lab")
      yield* sh(
        box,
        "dpkg-query -s lab-plain | sed 's/^Version: .*/Version: 7.1-1/' >/var/lib/dpkg/updates/0000",
      )
      const { packages } = yield* inventoryOf(box)
      const said = yield* sh(box, "dpkg-query -W -f '${Version}' lab-plain")
      assert.strictEqual(said, "7.1-1")
      assert.strictEqual<string | undefined>(packages.find(({ name }) => name === "lab-plain")?.version, said)
    }).pipe(Effect.scoped),
  )

  it.live.each<readonly [root: string, path: string]>([
    ["bookworm-lab", "/var/lib/dpkg/status"],
    ["bullseye-dnf", "/var/lib/rpm/Packages"],
    ["sid-dnf5", "/var/lib/rpm/rpmdb.sqlite"],
  ])("is never whole: %s with %s cut off, full of zeros or empty", ([root, path]) =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const whole = (yield* inventoryOf(box)).packages.length
      // What SQLite has in its log would make up for what is lost.
      yield* sh(box, "rm -f /var/lib/rpm/*-wal /var/lib/rpm/*-shm")
      const size = Number(yield* sh(box, `stat -c %s ${path}`))
      for (const damage of [
        `truncate -s ${Math.floor(size * 0.6)} ${path}`,
        `truncate -s ${Math.floor(size * 0.5)} ${path}; truncate -s ${size} ${path}`,
        `truncate -s 0 ${path}`,
      ]) {
        yield* sh(box, damage)
        const found = yield* Effect.result(inventoryOf(box))
        if (found._tag === "Failure") assert.strictEqual(found.failure.reason, "database_damaged")
        else {
          assert.isBelow(found.success.packages.length, whole)
          assert.isNotEmpty(found.success.reasons)
        }
      }
    }).pipe(Effect.scoped),
  )

  it.live("is not waited for where a pipe lies in the place of a file", () =>
    Effect.gen(function* () {
      const box = yield* Box.make("bookworm-lab")
      yield* sh(box, "rm /var/lib/dpkg/status; mkfifo /var/lib/dpkg/status")
      const error = yield* Effect.flip(inventoryOf(box))
      assert.deepStrictEqual([error.reason, error.path], ["no_file", "/var/lib/dpkg/status"])
    }).pipe(Effect.scoped),
  )
})
