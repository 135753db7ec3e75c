import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ManagerId } from "../../../src/domain/Package.ts"
import type { Scan } from "../../../src/domain/Scan.ts"
import * as Box from "../lab/Box.ts"
import { decodeScan } from "../readApt.ts"
import { detected } from "./realSuites.ts"

// Hosts with several package managers, and with package databases that nobody can update.

const scan = Effect.fnUntraced(function* (box: Box.Box) {
  const { stdout, stderr } = yield* box.agent(["scan", "--json"], { timeout: "150 seconds" })
  assert.notStrictEqual(stdout, "", stderr)
  return yield* decodeScan(stdout)
})

const packagesOf = (found: Scan, id: ManagerId) => found.packages.filter(({ manager }) => manager === id)

const reasonsOf = ({ completeness }: Scan) =>
  completeness.verdict === "complete" ? [] : completeness.reasons.map(({ manager, code }) => [manager, code])

const lines = (box: Box.Box, argv: Box.Argv) =>
  box.run(argv).pipe(Effect.map(({ stdout }) => stdout.split("\n").filter((line) => line !== "").length))

/** The rpm root is a Debian underneath: with Debian's own os-release it has two package managers. */
const twoManagers = Effect.gen(function* () {
  const box = yield* Box.make("trixie-dnf")
  yield* box.run(["cp", "/etc/os-release.debian", "/etc/os-release"])
  return box
})

describe("a host with dpkg and rpm", () => {
  it.live("is scanned by both managers, each with all of its packages", () =>
    Effect.gen(function* () {
      const box = yield* twoManagers
      const found = yield* scan(box)
      assert.deepStrictEqual(
        found.managers.map(({ id, patchable }) => [id, patchable]),
        [
          ["apt", true],
          ["dnf", true],
        ],
      )
      const dpkg = yield* lines(box, ["dpkg-query", "-W", "-f", "${Package}\n"])
      const rpm = yield* lines(box, ["rpm", "-qa", "--qf", "%{NAME}\n"])
      const keys = yield* lines(box, ["rpm", "-qa", "gpg-pubkey*"])
      assert.deepStrictEqual(
        [packagesOf(found, "apt").length, packagesOf(found, "dnf").length],
        [dpkg, rpm - keys],
      )
    }).pipe(Effect.scoped),
  )

  it.live("keeps what one manager says when the other's database is damaged", () =>
    Effect.gen(function* () {
      const box = yield* twoManagers
      yield* box.run(["bash", "-c", "for file in /var/lib/rpm/*; do echo garbage >$file; done"])
      const found = yield* scan(box)
      assert.isNotEmpty(packagesOf(found, "apt"))
      assert.isEmpty(packagesOf(found, "dnf"))
      assert.deepInclude(reasonsOf(found), ["dnf", "collector_failed"])
    }).pipe(Effect.scoped),
  )

  it.live("has one manager while nothing is installed with the other", () =>
    Effect.gen(function* () {
      const box = yield* twoManagers
      yield* box.run(["bash", "-c", "rm -rf /var/lib/rpm/* && rpm --initdb"])
      const found = yield* detected(box)
      assert.deepStrictEqual(
        found.map(({ id }) => id),
        ["apt"],
      )
    }).pipe(Effect.scoped),
  )
})

describe("a package database without its front end", () => {
  it.live.each([
    { root: "trixie-dnf", id: "dnf", programs: "/usr/bin/dnf*" },
    { root: "sid-zypper", id: "zypper", programs: "/usr/bin/zypper" },
    { root: "bookworm-pacman", id: "pacman", programs: "/usr/bin/pacman" },
    { root: "bookworm-lab", id: "apt", programs: "/usr/bin/apt-get" },
  ] as const)("is listed and reported as not patchable: $id", ({ root, id, programs }) =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      yield* box.run(["bash", "-c", `rm -f ${programs}`])
      const found = yield* scan(box)
      assert.deepStrictEqual(
        found.managers.map(({ id: manager, patchable }) => [manager, patchable]),
        [[id, false]],
      )
      assert.isNotEmpty(packagesOf(found, id))
      assert.deepStrictEqual(found.updates, [])
      assert.deepInclude(reasonsOf(found), [id, "not_patchable"])
    }).pipe(Effect.scoped),
  )
})
