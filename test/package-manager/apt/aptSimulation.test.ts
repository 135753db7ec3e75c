import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parseSimulation } from "../../../src/package-manager/apt/aptSimulation.ts"
import { recorded } from "./recordedHost.ts"

describe("parseSimulation", () => {
  it("reads an upgrade with all its origins", () => {
    const line =
      "Inst lab-both [1.0-1] (1.1-1 LabOS:99-updates/stable-updates, LabOS-Security:99/stable-security [all])"
    assert.deepEqual<unknown>(parseSimulation(line), {
      installs: [
        {
          name: "lab-both",
          architecture: "all",
          from: "1.0-1",
          to: "1.1-1",
          origins: [
            { label: "LabOS", version: "99-updates", suite: "stable-updates" },
            { label: "LabOS-Security", version: "99", suite: "stable-security" },
          ],
        },
      ],
      removals: [],
      notUnderstood: 0,
    })
  })

  it("knows a new package by the missing installed version", () => {
    const [install] = parseSimulation("Inst lab-newdep-lib (1.0-1 LabOS:99/stable [all])\n").installs
    assert.deepEqual<unknown>(
      [install?.name, install?.from, install?.to],
      ["lab-newdep-lib", undefined, "1.0-1"],
    )
  })

  it("passes over what is broken until a later step", () => {
    const { installs, notUnderstood } = parseSimulation(
      [
        "Inst libperl5.36 [5.36.0-7] (5.36.0-8 Debian-Security:12/oldstable-security [amd64]) [perl:amd64 ]",
        "Inst perl [5.36.0-7] (5.36.0-8 Debian-Security:12/oldstable-security [amd64]) []",
        "Inst libpam-modules-bin [1] (2 Debian:12.15/oldstable [amd64]) [libpam-modules:amd64 on libpam-modules-bin:amd64] [libpam-modules:amd64 ]",
        "Conf perl (5.36.0-8 Debian-Security:12/oldstable-security [amd64]) []",
      ].join("\n"),
    )
    assert.deepEqual<unknown>(
      installs.map(({ name, to }) => `${name} ${to}`),
      ["libperl5.36 5.36.0-8", "perl 5.36.0-8", "libpam-modules-bin 2"],
    )
    assert.strictEqual(notUnderstood, 0)
  })

  it("takes a foreign architecture out of the name", () => {
    const { installs, removals } = parseSimulation(
      "Inst libc6:i386 [2.36-9] (2.36-10 Debian:12.15/oldstable [i386])\nRemv wine32:i386 [8.0]\nPurg lab-victim [1.0-1]\n",
    )
    assert.deepEqual<unknown>([installs[0]?.name, installs[0]?.architecture], ["libc6", "i386"])
    assert.deepEqual<unknown>(removals, [
      { name: "wine32", architecture: "i386", from: "8.0" },
      { name: "lab-victim", from: "1.0-1" },
    ])
  })

  it("reads sources with spaces and colons in the label, without label, without version, and none at all", () => {
    const origins = (text: string) => parseSimulation(`Inst a [1] (2 ${text} [amd64])`).installs[0]?.origins
    assert.deepEqual<unknown>(origins("Google Cloud Packages:cloud-sdk-bookworm"), [
      { label: "Google Cloud Packages", suite: "cloud-sdk-bookworm" },
    ])
    assert.deepEqual<unknown>(origins("obs://build:Debian:12/stable"), [
      { label: "obs://build:Debian", version: "12", suite: "stable" },
    ])
    assert.deepEqual<unknown>(origins("localhost"), [{ suite: "localhost" }])
    assert.deepEqual<unknown>(origins(""), [])
  })

  it("leaves summaries and the chatter of hooks alone", () => {
    const { installs, notUnderstood } = parseSimulation(
      [
        "Reading package lists...",
        "The following packages have been kept back:",
        "  lab-held Inst",
        "Get more security updates through Ubuntu Pro with 'esm-apps' enabled:",
        "1 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.",
      ].join("\n"),
    )
    assert.deepEqual<unknown>([installs.length, notUnderstood], [0, 0])
  })

  it("counts steps it does not understand", () => {
    const { installs, removals, notUnderstood } = parseSimulation(
      "Inst bash 5.2\nInst -o [1] (2 Debian:12/stable [all])\nRemv\nRemv bash\nConf perl broken\nInst a [1] (2 x [all]",
    )
    assert.deepEqual<unknown>([installs, removals, notUnderstood], [[], [], 5])
  })

  it.each(["debian-11-lab", "debian-12-lab", "debian-13-lab", "debian-12-real"] as const)(
    "understands every line recorded on %s",
    (host) => {
      const stdout = recorded(host, "apt-get-dist-upgrade.stdout")
      const { installs, removals, notUnderstood } = parseSimulation(stdout)
      const announced = /^(\d+) upgraded, (\d+) newly installed, (\d+) to remove/m.exec(stdout)
      assert.strictEqual(notUnderstood, 0)
      assert.strictEqual(installs.filter(({ from }) => from !== undefined).length, Number(announced?.[1]))
      assert.strictEqual(installs.filter(({ from }) => from === undefined).length, Number(announced?.[2]))
      assert.strictEqual(removals.length, Number(announced?.[3]))
    },
  )

  it.effect.prop("never throws", [Schema.String], ([text]) =>
    Effect.sync(() => {
      for (const verb of ["Inst ", "Remv ", "Conf ", ""]) {
        assert.isAtMost(parseSimulation(verb + text).installs.length, text.split("\n").length)
      }
    }),
  )
})
