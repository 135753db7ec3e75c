import { assert, describe, it } from "@effect/vitest"
import { osvRecord, rowsOf } from "./feedOf.ts"

const alma = "AlmaLinux:8"

describe("module streams", () => {
  const modular = "1.module_el8.6.0+3161+a07c0ea5"

  it("gives every package of an advisory for two modules to both", () => {
    const record = osvRecord("ALSA-2024:4351", [[alma, "hivex", `1.3.18-${modular}`]], {
      summary: "Low: virt:rhel and virt-devel:rhel security and bug fix update",
      related: ["CVE-2024-4418"],
    })
    assert.deepStrictEqual(rowsOf("almalinux-8", record), [
      `hivex 1.3.18-${modular} ALSA-2024:4351 low m=virt-devel:rhel`,
      `hivex 1.3.18-${modular} ALSA-2024:4351 low m=virt:rhel`,
    ])
  })

  it("tells two streams of one module apart by the version, where it says so", () => {
    const record = osvRecord(
      "ALSA-2026:1",
      [
        [alma, "nodejs", `1:18.1.0-${modular}`],
        [alma, "nodejs", `1:20.1.0-${modular}`],
      ],
      { summary: "Important: nodejs:18 and nodejs:20 security update", related: ["CVE-2026-0001"] },
    )
    assert.deepStrictEqual(rowsOf("almalinux-8", record), [
      `nodejs 1:18.1.0-${modular} ALSA-2026:1 important m=nodejs:18`,
      `nodejs 1:20.1.0-${modular} ALSA-2026:1 important m=nodejs:20`,
    ])
  })

  it("marks a modular build whose stream the title does not name", () => {
    const record = osvRecord("ALSA-2024:4235", [[alma, "389-ds-base", `1.4.3.39-${modular}`]], {
      summary: "Important: 389-ds security update",
      related: ["CVE-2024-2199"],
    })
    assert.deepStrictEqual(rowsOf("almalinux-8", record), [
      `389-ds-base 1.4.3.39-${modular} ALSA-2024:4235 important m=?`,
    ])
  })

  it("takes a colon in the title of other packages for no stream", () => {
    const record = osvRecord("ALSA-2024:10281", [[alma, "kernel", "4.18.0-553.30.1.el8_10"]], {
      summary: "Moderate: kernel:4.18.0 security update",
      related: ["CVE-2024-27043"],
    })
    assert.deepStrictEqual(rowsOf("almalinux-8", record), [
      "kernel 4.18.0-553.30.1.el8_10 ALSA-2024:10281 moderate",
    ])
  })

  it("keeps the lowest of several builds of one advisory, in whatever order they come", () => {
    const entries = [
      [alma, "crit", "3.15-3.module_el8.6.0+3137+d33c3efb"],
      [alma, "crit", "3.15-3.module_el8.6.0+2877+8e437bf5"],
    ] as const
    const more = {
      summary: "Moderate: container-tools:4.0 security and bug fix update",
      related: ["CVE-2022-3064"],
    }
    const expected = [
      "crit 3.15-3.module_el8.6.0+2877+8e437bf5 ALSA-2023:6938 moderate m=container-tools:4.0",
    ]
    assert.deepStrictEqual(rowsOf("almalinux-8", osvRecord("ALSA-2023:6938", entries, more)), expected)
    assert.deepStrictEqual(
      rowsOf("almalinux-8", osvRecord("ALSA-2023:6938", entries.toReversed(), more)),
      expected,
    )
  })

  it("finds the word of a minor release in modular builds, too", () => {
    const record = osvRecord(
      "RHSA-2023:1583",
      [["Red Hat:rhel_eus:9.2::appstream", "npm", "1:9.5.0-1.module+el9.2.0.z+18753+58118bc0"]],
      { summary: "Red Hat Security Advisory: nodejs:18 security update", upstream: ["CVE-2023-23918"] },
    )
    assert.deepStrictEqual(rowsOf("rhel-9", record), [
      "npm 1:9.5.0-1.module+el9.2.0.z+18753+58118bc0 RHSA-2023:1583 - m=nodejs:18 l=module+el9.2",
    ])
  })

  it("takes the id in front of a title for no module", () => {
    const record = osvRecord("ALSA-2022:5468", [[alma, "libzip", `1.7.3-${modular}`]], {
      summary: "ALSA-2022:5468: php:8.0 security update (Important)",
      related: ["CVE-2022-31626"],
    })
    assert.deepStrictEqual(rowsOf("almalinux-8", record), [
      `libzip 1.7.3-${modular} ALSA-2022:5468 - m=php:8.0`,
    ])
  })
})

/** An advisory with one build of `module_el8.10.0+NUMBER+…` for each package. */
const advisory = (id: string, title: string, builds: ReadonlyArray<readonly [string, string, number]>) =>
  osvRecord(
    `ALSA-2024:${id}`,
    builds.map(([name, version, number]) => [alma, name, `${version}.module_el8.10.0+${number}+6ad51f9f`]),
    { summary: `${title} security update`, related: [`CVE-2024-${id}`] },
  )

/** Name and module of each row of advisory 4246. */
const streamsOf = (...records: ReadonlyArray<ReturnType<typeof advisory>>) => {
  const rows = rowsOf("almalinux-8", ...records).map((row) => row.split(" "))
  return rows.flatMap(([name, , id, , module]) => (id === "ALSA-2024:4246" ? [`${name} ${module}`] : []))
}

describe("module streams of an advisory whose title names none", () => {
  const unnamed = advisory("4246", "container-tools", [
    ["podman", "4:4.9.4-4", 3862],
    ["runc", "1:1.1.12-1", 3858],
  ])
  const newer = advisory("5000", "container-tools:rhel8", [
    ["podman", "4:4.9.4-3", 3858],
    ["runc", "1:1.1.12-1", 3858],
  ])
  const older = advisory("3000", "container-tools:4.0", [["podman", "2:4.0.2-24", 3627]])

  it("are those that another advisory names for a build of it, for all its packages", () => {
    const expected = ["podman m=container-tools:rhel8", "runc m=container-tools:rhel8"]
    assert.deepStrictEqual(streamsOf(unnamed, newer, older), expected)
    assert.deepStrictEqual(streamsOf(older, newer, unnamed), expected)
  })

  it("stay unknown where only other streams of the module are known", () => {
    assert.deepStrictEqual(streamsOf(unnamed, older), ["podman m=?", "runc m=?"])
  })

  it("stay unknown where two streams have had its builds", () => {
    const twin = advisory("5001", "container-tools:4.0", [["runc", "1:1.1.12-1", 3858]])
    assert.deepStrictEqual(streamsOf(unnamed, newer, twin), ["podman m=?", "runc m=?"])
  })

  it("are the only one of the module in the title, where its packages have come in such versions", () => {
    const only = advisory("4246", "389-ds", [["389-ds-base", "1.4.3.39-7", 3864]])
    const known = (version: string) => advisory("1000", "389-ds:1.4", [["389-ds-base", version, 3000]])
    assert.deepStrictEqual(streamsOf(only, known("1.4.3.28-8")), ["389-ds-base m=389-ds:1.4"])
    assert.deepStrictEqual(streamsOf(only, known("1.3.9-1")), ["389-ds-base m=?"])
  })

  it("leave packages outside modules in the same advisory alone", () => {
    const mixed = osvRecord(
      "ALSA-2024:4246",
      [
        [alma, "podman", "4:4.9.4-4.module_el8.10.0+3858+6ad51f9f"],
        [alma, "skopeo-tests", "1:1.1-1.el8"],
      ],
      { summary: "container-tools security update", related: ["CVE-2024-4246"] },
    )
    assert.deepStrictEqual(streamsOf(mixed, newer), [
      "podman m=container-tools:rhel8",
      "skopeo-tests undefined",
    ])
  })
})
