import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { brotliDecompressSync } from "node:zlib"
import { runOperator } from "../cli/runOperator.ts"
import { FeedBuildReport } from "../../../src/control-plane/cli/feedBuildText.ts"
import { samples } from "./feedOf.ts"
import { opened } from "./publishedFeeds.ts"

const inDirectory = (
  name: string,
  test: (
    directory: string,
    fs: FileSystem.FileSystem,
  ) => Effect.Effect<void, unknown, NodeServices.NodeServices>,
) =>
  it.effect(name, () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* test(yield* fs.makeTempDirectoryScoped(), fs)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

/** As in `bin.ts`: stdout is for what the command prints. */
const logging = Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])

const build = (directory: string, ...args: ReadonlyArray<string>) =>
  runOperator("--data", `${directory}/data`, "feed", "build", ...args).pipe(Effect.provide(logging))

const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(FeedBuildReport))

describe("feed build", () => {
  inDirectory("publishes where the server serves from, and says what it did", (directory, fs) =>
    Effect.gen(function* () {
      const { exitCode, stdout } = yield* build(
        directory,
        "--osv",
        `${samples}/rocky`,
        "--release",
        "rocky-9",
        "--kev",
        `${samples}/kev.tsv`,
      )
      assert.strictEqual(exitCode, 0)
      const [first, ...facts] = stdout.replaceAll(directory, "DIR").split("\n")
      assert.strictEqual(first, "DIR/data/feeds/rocky-9-1.feed.br, serial 1, from 7 OSV records")
      assert.deepStrictEqual(
        facts.filter((line) => !line.startsWith("bytes")).map((line) => line.trim().replaceAll(/ +/g, " ")),
        [
          "advisories 3",
          "CVEs 9",
          "packages 5",
          "rows 5",
          "data 2024-10-25, BSD-3-Clause",
          "expires 1970-01-08T00:00:00.000Z",
          "left out",
          "4 about other releases",
        ],
      )
      const { mode } = yield* fs.stat(`${directory}/data/feed-key.pem`)
      assert.strictEqual(mode & 0o777, 0o600)
    }),
  )

  inDirectory("reports as JSON, names records that are not valid and goes on without them", (directory, fs) =>
    Effect.gen(function* () {
      yield* fs.makeDirectory(`${directory}/osv/nested`, { recursive: true })
      yield* fs.copyFile(`${samples}/rocky/RLSA-2023_0005.json`, `${directory}/osv/nested/good.json`)
      yield* fs.writeFileString(`${directory}/osv/array.json`, '[{"no":"id"},{"id":"X-1","affected":null}]')
      yield* fs.writeFileString(`${directory}/osv/broken.json`, '{"id":')
      yield* fs.writeFileString(`${directory}/osv/lines.jsonl`, '\n{"id":"X-2"}\n{"id":3}\n')
      yield* fs.writeFileString(`${directory}/osv/notes.txt`, "not data")
      const { exitCode, stdout, stderr } = yield* build(
        directory,
        "--osv",
        `${directory}/osv`,
        "--release",
        "rocky-9",
        "--out",
        `${directory}/out`,
        "--json",
        "--licence",
        "MIT",
        "--source",
        "abc123",
        "--days",
        "30",
      )
      assert.strictEqual(exitCode, 0)
      for (const place of ["array.json[0]", "broken.json", "lines.jsonl:3"]) assert.include(stderr, place)
      const report = yield* decodeReport(stdout)
      assert.deepInclude(report, { records: 3, advisories: 1, rows: 1, licence: "MIT", source: "abc123" })
      assert.deepStrictEqual(report.left_out, { invalid: 3, other_release: 2 })
      assert.isTrue(yield* fs.exists(`${directory}/out/rocky-9-1.feed.br`))
    }),
  )

  inDirectory("drops CVEs that were rejected from advisories that name them", (directory, fs) =>
    Effect.gen(function* () {
      yield* fs.makeDirectory(`${directory}/osv`)
      yield* fs.copyFile(`${samples}/rocky/RLSA-2024_3671.json`, `${directory}/osv/a.json`)
      yield* fs.copyFile(`${samples}/rocky/RLSA-2023_0005.json`, `${directory}/osv/b.json`)
      for (const cve of ["CVE-2024-27280", "CVE-2022-42920"]) {
        yield* fs.writeFileString(
          `${directory}/osv/${cve}.json`,
          `{"id":"${cve}","details":"Rejected reason: not used"}`,
        )
      }
      const { stdout } = yield* build(
        directory,
        "--osv",
        `${directory}/osv`,
        "--release",
        "rocky-9",
        "--json",
      )
      const report = yield* decodeReport(stdout)
      assert.deepInclude(report, { advisories: 1, cves: 2, rows: 3 })
      // Two records, and the one row of the advisory that is left without a CVE.
      assert.strictEqual(report.left_out["rejected"], 3)
    }),
  )

  inDirectory("dates a document by its file, and marks the end of support", (directory, fs) =>
    Effect.gen(function* () {
      yield* fs.copyFile(`${samples}/arch/avg.json`, `${directory}/all.json`)
      yield* fs.utimes(`${directory}/all.json`, 0, 86_400 * 365)
      const { stdout } = yield* build(
        directory,
        "--avg",
        `${directory}/all.json`,
        "--release",
        "arch",
        "--json",
        "--end-of-life",
      )
      assert.deepInclude(yield* decodeReport(stdout), { source: "1971-01-01", rows: 2, records: 0 })
    }),
  )

  inDirectory("says what cannot be written", (directory, fs) =>
    Effect.gen(function* () {
      yield* fs.writeFileString(`${directory}/file`, "")
      const { exitCode, stderr } = yield* build(
        directory,
        "--osv",
        `${samples}/rocky`,
        "--release",
        "rocky-9",
        "--out",
        `${directory}/file`,
      )
      assert.strictEqual(exitCode, 1)
      assert.include(stderr, "file cannot be written")
    }),
  )

  const refused: ReadonlyArray<
    readonly [what: string, exitCode: number, says: string, args: ReadonlyArray<string>]
  > = [
    ["an unknown release", 64, "centos-7 is no release", ["--osv", samples, "--release", "centos-7"]],
    ["a release without data", 64, "fedora publishes no data", ["--osv", samples, "--release", "fedora-40"]],
    ["no input at all", 64, "nothing to build from", ["--release", "rocky-9"]],
    [
      "a tracker of another distribution",
      64,
      "--avg says nothing about rocky-9",
      ["--avg", `${samples}/arch/avg.json`, "--release", "rocky-9"],
    ],
    ["too many days", 64, "--days", ["--osv", samples, "--release", "rocky-9", "--days", "400"]],
    [
      "data of other releases",
      66,
      "nothing about sles-15.6",
      ["--osv", `${samples}/rocky`, "--release", "sles-15.6"],
    ],
    [
      "a missing directory",
      66,
      "there is no nowhere: check --osv",
      ["--osv", "nowhere", "--release", "rocky-9"],
    ],
    [
      "a missing key",
      66,
      "there is no nowhere.pem: check --key",
      ["--osv", `${samples}/rocky`, "--release", "rocky-9", "--key", "nowhere.pem"],
    ],
    [
      "what is no key",
      1,
      "holds no Ed25519 private key",
      ["--osv", `${samples}/rocky`, "--release", "rocky-9", "--key", `${samples}/kev.tsv`],
    ],
    [
      "what is no catalogue",
      1,
      "cannot be used",
      ["--osv", `${samples}/rocky`, "--release", "rocky-9", "--kev", `${samples}/SOURCE.md`],
    ],
    [
      "a document of another shape",
      1,
      "is not what --debian-tracker expects",
      ["--debian-tracker", `${samples}/arch/avg.json`, "--release", "debian-12"],
    ],
  ]
  for (const [what, exitCode, says, args] of refused) {
    inDirectory(`refuses ${what} and publishes nothing`, (directory, fs) =>
      Effect.gen(function* () {
        const result = yield* build(directory, ...args, "--out", `${directory}/out`)
        assert.strictEqual(result.exitCode, exitCode, result.stderr)
        assert.include(`${result.stderr}${result.stdout}`, says)
        assert.isFalse(yield* fs.exists(`${directory}/out`))
      }),
    )
  }

  inDirectory("takes FIRST's scores and a serial of its own", (directory, fs) =>
    Effect.gen(function* () {
      yield* fs.writeFileString(
        `${directory}/epss.csv`,
        "#model_version:v2025.03.14,score_date:2026-11-20T12:55:00Z\ncve,epss,percentile\nCVE-2022-42920,0.0123,0.8\nx\n",
      )
      const rocky = ["--osv", `${samples}/rocky`, "--release", "rocky-9"]
      const scored = ["--epss", `${directory}/epss.csv`, "--serial", "412", "--json"]
      const { stdout, stderr } = yield* build(directory, ...rocky, ...scored)
      const report = yield* decodeReport(stdout)
      assert.deepInclude(report, { scored: 1, serial: 412, file: "rocky-9-412.feed.br" })
      assert.strictEqual(report.left_out["invalid"], 1)
      assert.include(stderr, "epss.csv")
      const packed = yield* fs.readFile(`${directory}/data/feeds/${report.file}`)
      assert.match(brotliDecompressSync(packed).toString(), /^CVE-2022-42920\t.*\t12$/m)
      const lower = yield* build(directory, ...rocky, "--serial", "412")
      assert.strictEqual(lower.exitCode, 64)
    }),
  )

  it.live("may be started twice at once, on a new data directory too", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const builds = yield* Effect.all(
        [
          build(directory, "--osv", `${samples}/rocky`, "--release", "rocky-9", "--json"),
          build(directory, "--avg", `${samples}/arch/avg.json`, "--release", "arch", "--json"),
        ],
        { concurrency: "unbounded" },
      )
      const reports = yield* Effect.forEach(builds, ({ stdout }) => decodeReport(stdout))
      assert.sameMembers(
        reports.map(({ serial }) => serial),
        [1, 2],
      )
      for (const release of ["rocky-9", "arch"]) yield* opened(`${directory}/data/feeds`, release)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
