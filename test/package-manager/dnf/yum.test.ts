import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as TestClock from "effect/testing/TestClock"
import { collectUpdates } from "../../../src/package-manager/dnf/collectUpdates.ts"
import { requireDialect } from "../../../src/package-manager/dnf/dnfDialect.ts"
import { fakeSubprocess, type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { layerFileTree } from "../../fakes/fileTree.ts"
import { recorded, recordedAt } from "./recordedDnf.ts"

// Texts in the shape of yum's, made by hand: see test/fixtures/dnf/ORIGIN.md.

const read = (file: string) => recorded("yum-3.4", `${file}.stdout`)

const installed = [
  ["bash", "0", "4.2.46", "34.el7"],
  ["java-1.8.0-openjdk-headless-with-a-name-that-fills-its-column", "1", "1.8.0.400.b01", "1.el7"],
  ["kernel", "0", "3.10.0", "1127.el7"],
  ["kernel", "0", "3.10.0", "957.el7"],
  ["openssl-libs", "1", "1.0.2k", "19.el7"],
  ["htop", "0", "2.2.0", "2.el7"],
]
  .map((fields) => `${fields.join("\t")}\tx86_64\t(none)\n`)
  .join("")

/** rpm 4.11, which knows no module labels. */
const rpm: Responder = (argv) =>
  argv[0] !== "rpm"
    ? undefined
    : argv.some((word) => word.includes("MODULARITYLABEL"))
      ? { stderr: 'error: incorrect format: unknown tag: "MODULARITYLABEL"\n' }
      : installed

const host = Effect.fnUntraced(function* (...responders: ReadonlyArray<Responder>) {
  yield* TestClock.setTime(recordedAt.epochMilliseconds)
  const fs = yield* FileSystem.FileSystem.pipe(
    Effect.provide(
      layerFileTree({
        "/etc/yum.conf": "[main]\nexclude=htop\n",
        "/var/cache/yum/x86_64/7/updates/repomd.xml":
          '<data type="updateinfo"><location href="repodata/u.xml.gz"/></data>',
        "/var/cache/yum/x86_64/7/updates/u.xml.gz": "",
        "/etc/yum/pluginconf.d/versionlock.conf": "[main]\nenabled = 1\n",
        "/etc/yum/pluginconf.d/versionlock.list": "1:openssl-libs-1.0.2k-19.el7.*\n",
      }),
    ),
  )
  const { service: subprocess } = fakeSubprocess(
    ...responders,
    rpm,
    when("yum --version", "3.4.3\n  Installed: rpm-4.11.3-48.el7_9.x86_64\n"),
    when("yum repolist --verbose", read("repositories")),
    when("yum --assumeno --skip-broken update", { exitCode: 1, stdout: read("table") }),
    when("yum check-update", { exitCode: 100, stdout: read("upgrades-unfiltered") }),
    when("yum updateinfo list cves", read("advisory-cves")),
    when("yum updateinfo list", read("advisories")),
  )
  return { subprocess, fs, isRoot: true, dialect: yield* Effect.cached(requireDialect({ subprocess })) }
})

describe("yum 3", () => {
  it.effect("has wrapped updates read, with advisories, locks and a repository without metadata", () =>
    Effect.gen(function* () {
      const found = yield* collectUpdates(yield* host())
      assert.deepStrictEqual<unknown>(
        found.updates.map(({ name, from, to, security, installable }) => [
          name,
          from,
          to,
          security.verdict,
          installable.answer === "yes" ? "yes" : installable.reason,
        ]),
        [
          ["bash", "4.2.46-34.el7", "4.2.46-35.el7_9", "yes", "yes"],
          [
            "java-1.8.0-openjdk-headless-with-a-name-that-fills-its-column",
            "1:1.8.0.400.b01-1.el7",
            "1:1.8.0.412.b08-1.el7_9",
            "no",
            "conflict",
          ],
          ["kernel", "3.10.0-1127.el7", "3.10.0-1160.119.1.el7", "yes", "yes"],
          ["openssl-libs", "1:1.0.2k-19.el7", "1:1.0.2k-26.el7_9", "no", "held"],
        ],
      )
      assert.deepStrictEqual(
        found.reasons.map(({ code, detail }) => [code, detail]),
        [
          ["index_missing", "epel was never downloaded: run yum makecache"],
          ["index_stale", "updates was last checked 21 days ago: run yum makecache"],
        ],
      )
    }),
  )

  it.effect("fails where a repository has no metadata and yum will not go on, instead of counting none", () =>
    Effect.gen(function* () {
      const stderr =
        "Error: Cannot retrieve repository metadata (repomd.xml) for repository: base. Please verify its path and try again\n"
      const error = yield* Effect.flip(
        Effect.flatMap(host(when("yum repolist", { exitCode: 1, stderr })), collectUpdates),
      )
      assert.strictEqual(error.reason, "failed")
      assert.include(error.detail, "Cannot retrieve repository metadata")
    }),
  )
})
