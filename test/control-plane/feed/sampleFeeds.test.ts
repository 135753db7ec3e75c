import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { FeedBody } from "../../../src/control-plane/feed/FeedDraft.ts"
import { samples, sampleFeed } from "./feedOf.ts"

const onSamples = <A, E>(name: string, test: () => Effect.Effect<A, E, NodeServices.NodeServices>) =>
  it.effect(name, () => test().pipe(Effect.provide(NodeServices.layer)))

const cvesOf = ({ advisories }: FeedBody, id: string): ReadonlyArray<string> =>
  advisories.find((advisory) => advisory.id === id)?.cves ?? []

describe("the feed of real records", () => {
  onSamples("AlmaLinux: binary names, severity from the title, CVEs from related", () =>
    Effect.gen(function* () {
      const { about, body, rows, leftOut } = yield* sampleFeed("almalinux-10")
      assert.deepInclude(about, { key: "binary", family: "rpm", licence: "MIT", fixedIssuesOnly: true })
      assert.lengthOf(body.advisories, 219)
      assert.include(rows, "openssh-server 9.9p1-14.el10_1.alma.1 ALSA-2026:13380 important")
      assert.deepStrictEqual(
        body.advisories.find(({ id }) => id === "ALSA-2026:13380"),
        {
          id: "ALSA-2026:13380",
          severity: "important",
          date: "2026-05-04",
          cves: ["CVE-2026-35385", "CVE-2026-35386", "CVE-2026-35387", "CVE-2026-35388", "CVE-2026-35414"],
          title: "Important: openssh security update",
        },
      )
      assert.deepInclude(leftOut, { invalid: 2, livepatch: 1, withdrawn: 3 })
    }),
  )

  onSamples(
    "Rocky: source names without epoch 0, streams of the title, builds of a special interest group apart",
    () =>
      Effect.gen(function* () {
        const nine = yield* sampleFeed("rocky-9")
        assert.strictEqual(nine.about.key, "source")
        assert.deepStrictEqual(nine.rows, [
          "bcel 6.4.1-9.el9_1 RLSA-2023:0005 important",
          "java-11-openjdk 1:11.0.25.0.9-2.el9 RLSA-2024:8121 moderate",
          "ruby 3.3.1-2.module+el9.4.0+20787+4c237fd3 RLSA-2024:3671 moderate m=ruby:3.3",
          "rubygem-mysql2 0.5.5-1.module+el9.4.0+20787+4c237fd3 RLSA-2024:3671 moderate m=ruby:3.3",
          "rubygem-pg 1.5.4-1.module+el9.4.0+20787+4c237fd3 RLSA-2024:3671 moderate m=ruby:3.3",
        ])
        const eight = yield* sampleFeed("rocky-8")
        assert.deepStrictEqual(eight.rows, [
          "firefox 102.11.0-2.el8_7 RLSA-2023:3220 important",
          "java-11-openjdk 1:11.0.13.0.8-1.el8_4 RLSA-2021:3891 important",
          "java-11-openjdk 1:11.0.25.0.9-2.el8 RLSA-2024:8121 moderate",
          "kernel 4.18.0-553.53.1.el8_10 RLSA-2025:8056 important",
          "kernel 4.18.0-425.10.1.el8_7.cloud RXSA-2023:0101 important l=cloud",
        ])
      }),
  )

  onSamples("Rocky: the vector of an advisory for one CVE is the CVE's, of several it is nobody's", () =>
    Effect.gen(function* () {
      const { body } = yield* sampleFeed("rocky-9")
      assert.deepStrictEqual(body.cves, [
        { cve: "CVE-2022-42920", vector: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", score: 8.1 },
      ])
    }),
  )

  onSamples("Ubuntu: one advisory a CVE, Pro as a channel, its priority as severity", () =>
    Effect.gen(function* () {
      const noble = yield* sampleFeed("ubuntu-24.04")
      assert.deepInclude(noble.about, { key: "source", licence: "CC-BY-SA-4.0", fixedIssuesOnly: false })
      assert.deepStrictEqual(noble.rows, [
        "linux-nvidia 6.8.0-1017.19 USN-7095-1 -",
        "linux-nvidia-lowlatency 6.8.0-1017.19.1 USN-7095-1 -",
        "netty 1:4.1.48-9ubuntu0.1~esm1 CVE-2022-24823 low c=pro",
        "rabbitmq-server 3.12.1-1ubuntu1 CVE-2024-51988 moderate",
      ])
      assert.include(cvesOf(noble.body, "USN-7095-1"), "CVE-2024-41090")
      const trusty = yield* sampleFeed("ubuntu-14.04")
      assert.deepStrictEqual(trusty.rows, [
        "mongodb - CVE-2025-14345 moderate affected",
        "netqmail 1.06-6.2~deb10u1build0.14.04.1+esm1 CVE-2005-1515 moderate c=pro",
        // Open in Pro is open for everyone.
        "netty - CVE-2022-24823 low affected",
        "openssl 1.0.1f-1ubuntu2.11 CVE-2015-0209 low",
        "unzip 6.0-9ubuntu1.6 CVE-2014-9913 negligible c=pro",
      ])
    }),
  )

  onSamples("Ubuntu: of several vectors of one version, the one with the highest score", () =>
    Effect.gen(function* () {
      const { body } = yield* sampleFeed("ubuntu-14.04")
      assert.deepStrictEqual(
        body.cves.find(({ cve }) => cve === "CVE-2025-14345"),
        {
          cve: "CVE-2025-14345",
          vector: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:L/A:L",
          score: 5.4,
        },
      )
    }),
  )

  onSamples("Debian: DSA and DLA with their CVEs, and no regression that names none", () =>
    Effect.gen(function* () {
      const { about, rows, body } = yield* sampleFeed("debian-11")
      assert.isTrue(about.fixedIssuesOnly)
      assert.lengthOf(rows, 402)
      assert.include(rows, "xorg-server 2:1.20.11-1+deb11u6 DSA-5380-1 -")
      assert.include(rows, "wget - CVE-2024-10524 - affected")
      assert.isFalse(body.advisories.some(({ id }) => id === "DSA-5356-2"))
    }),
  )

  onSamples("Alpine: one branch of a record that covers several, and Debian", () =>
    Effect.gen(function* () {
      const { about, rows } = yield* sampleFeed("alpine-3.21")
      assert.deepInclude(about, { family: "apk", fixedIssuesOnly: true })
      assert.deepStrictEqual(rows, [
        "openvpn 2.6.7-r0 CVE-2023-46850 critical",
        "wget 1.25.0-r0 CVE-2024-10524 -",
      ])
    }),
  )

  onSamples("Red Hat: rows of a minor release apply to its builds, whatever support brought them", () =>
    Effect.gen(function* () {
      const eight = yield* sampleFeed("rhel-8")
      assert.include(eight.rows, "git-lfs 2.13.3-3.el8_6.1 RHSA-2024:4546 important l=el8_6")
      assert.include(
        eight.rows,
        "linux-firmware 20240715-118.2.git4c8fb21e.el8_8 RHBA-2024:6202 important l=el8_8",
      )
      const nine = yield* sampleFeed("rhel-9")
      assert.include(nine.rows, "podman 2:4.4.1-21.el9_2 RHSA-2024:8709 moderate l=el9_2")
      // Helm of the developer tools is another product.
      assert.isEmpty(nine.rows.filter((row) => row.startsWith("helm")))
    }),
  )

  onSamples("SUSE: every binary of the advisory once, though listed under each of six sources", () =>
    Effect.gen(function* () {
      const { about, rows } = yield* sampleFeed("sles-12")
      assert.strictEqual(about.key, "binary")
      assert.lengthOf(rows, 19)
      assert.include(rows, "chromedriver 51.0.2704.103-85.3 openSUSE-SU-2016:1623-1 -")
      assert.include(rows, "libImlib2-1 1.4.5-5.1 openSUSE-SU-2016:1623-1 -")
    }),
  )

  onSamples("Arch: the tracker's groups", () =>
    Effect.gen(function* () {
      const { about, rows, body } = yield* sampleFeed("arch", {
        avg: Option.some(`${samples}/arch/avg.json`),
      })
      assert.deepInclude(about, { family: "pacman", key: "binary", fixedIssuesOnly: false })
      assert.deepStrictEqual(rows, [
        "lib32-gdk-pixbuf2 2.36.0+2+ga7c869a-1 AVG-1 critical",
        "libtiff 4.0.8-2 AVG-5 critical",
      ])
      assert.deepStrictEqual(cvesOf(body, "AVG-5"), ["CVE-2015-7554", "CVE-2016-10095"])
    }),
  )

  onSamples("marks what CISA knows to be exploited", () =>
    Effect.gen(function* () {
      const { body } = yield* sampleFeed("debian-11", { kev: Option.some(`${samples}/kev.tsv`) })
      const exploited = body.cves.filter(({ kev }) => kev !== undefined)
      assert.deepInclude(exploited, { cve: "CVE-2021-44228", kev: { ransomware: true } })
      assert.isFalse(exploited.some(({ cve }) => cve === "CVE-2024-10524"))
    }),
  )
})
