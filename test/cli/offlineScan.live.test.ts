import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CycloneDx } from "../../src/cli/cycloneDxSchema.ts"
import { scan } from "../../src/cli/scan.ts"
import { InventoryDocument, RootDocument } from "../../src/cli/scanDocument.ts"
import { Subprocess } from "../../src/host/Subprocess.ts"
import { ScanHost } from "../../src/scan/ScanHost.ts"
import { feedKeysText } from "../../src/vulnerability/feedKeys.ts"
import { makeKeys, type Order, publication, publisher } from "../vulnerability/feedPublication.ts"
import { runVerb } from "./runVerb.ts"

const decodeInventory = Schema.decodeUnknownEffect(Schema.fromJsonString(InventoryDocument))
const decodeRoot = Schema.decodeUnknownEffect(Schema.fromJsonString(RootDocument))
const decodeBom = Schema.decodeUnknownEffect(Schema.fromJsonString(CycloneDx))

/** A host whose own scan would be a defect. */
const verb = scan.pipe(
  Command.provide(
    Layer.mergeAll(Layer.mock(ScanHost)({}), Layer.mock(Subprocess)({}), NodeCrypto.layerSecureRandom),
  ),
)

const inventory = [
  "name\tversion\tarch\tsource",
  "bash\t5.1.8-9.el9\tx86_64\tbash",
  "less\t590-5.el9\tx86_64\tless",
  "",
].join("\n")

const status = [
  ["bash", "5.2.15-2+b7"],
  ["less", "590-2"],
]
  .map(([name, version]) =>
    [
      `Package: ${name}`,
      "Status: install ok installed",
      "Architecture: amd64",
      `Version: ${version}`,
      "",
      "",
    ].join("\n"),
  )
  .join("")

/** A directory with a feed, its key, a list of packages and a mounted Debian. */
const prepared = Effect.fnUntraced(function* (order: Partial<Order> = {}) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped()
  yield* Effect.forEach(publication({ serial: 7, ...order }), ([name, bytes]) =>
    files.writeFile(`${directory}/${name}`, bytes),
  )
  yield* files.writeFileString(`${directory}/feed-key.pub`, feedKeysText([publisher.publicKey]))
  yield* files.writeFileString(`${directory}/inventory.tsv`, inventory)
  yield* files.makeDirectory(`${directory}/root/var/lib/dpkg`, { recursive: true })
  yield* files.makeDirectory(`${directory}/root/etc`, { recursive: true })
  yield* files.writeFileString(`${directory}/root/var/lib/dpkg/status`, status)
  yield* files.writeFileString(
    `${directory}/root/etc/os-release`,
    'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n',
  )
  const feed = ["--feed", directory, "--trust", `${directory}/feed-key.pub`]
  const listed = ["--inventory", `${directory}/inventory.tsv`, "--release", "almalinux-9", ...feed]
  const rooted = ["--root", `${directory}/root`]
  return { directory, feed, listed, rooted, files }
})

const live = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  test.pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

describe("patchctl scan --inventory", () => {
  it.live("matches a list of packages with a feed, without touching this host", () =>
    live(
      Effect.gen(function* () {
        const { listed } = yield* prepared()
        const result = yield* runVerb(verb, ["scan", "--json", ...listed])
        assert.deepStrictEqual([result.exitCode, result.stderr], [0, ""])
        const document = yield* decodeInventory(result.stdout)
        assert.strictEqual(document.release, "almalinux-9")
        assert.deepStrictEqual(document.findings, [
          {
            cve: "CVE-2026-1234",
            package: "bash",
            binaries: ["bash"],
            architecture: "x86_64",
            installed: "5.1.8-9.el9",
            fixed: "0:5.1.8-10.el9",
            status: "fixed",
            fix: "unknown",
            advisories: [
              {
                id: "ALSA-2026:0001",
                severity: "important",
                date: "2026-05-04",
                title: "Important: bash security update",
              },
            ],
            severity: "important",
            cvss: { score: 7.8 },
            sources: ["feed"],
            confidence: "high",
          },
        ])
        assert.strictEqual(document.coverage.feed?.serial, 7)
      }),
    ),
  )

  it.live("tells people the same", ({ expect }) =>
    live(
      Effect.gen(function* () {
        const { listed } = yield* prepared()
        const { stdout } = yield* runVerb(verb, ["scan", ...listed])
        expect(stdout).toMatchInlineSnapshot(`
          "Inventory of almalinux-9: 2 packages
          Vulnerabilities: 1 CVE fixed in newer versions

          KEV  CVE            PACKAGE  INSTALLED    FIXED           FIX      SEVERITY   ADVISORY
               CVE-2026-1234  bash     5.1.8-9.el9  0:5.1.8-10.el9  unknown  important  ALSA-2026:0001

          Vulnerability data: almalinux-9 of 2026-11-01 (serial 7, MIT, test); fixed issues only, what has no fix yet is not in it"
        `)
      }),
    ),
  )

  it.live("writes a bill of materials", () =>
    live(
      Effect.gen(function* () {
        const { listed } = yield* prepared()
        const { stdout } = yield* runVerb(verb, ["scan", "--format", "cyclonedx", ...listed])
        const bom = yield* decodeBom(stdout)
        const bash = "pkg:rpm/almalinux/bash@5.1.8-9.el9?arch=x86_64&distro=almalinux-9"
        assert.deepStrictEqual(
          bom.components.map(({ purl }) => purl),
          [bash, "pkg:rpm/almalinux/less@590-5.el9?arch=x86_64&distro=almalinux-9"],
        )
        assert.deepStrictEqual(
          bom.vulnerabilities.map(({ id, affects }) => [id, affects]),
          [["CVE-2026-1234", [{ ref: bash }]]],
        )
      }),
    ),
  )

  it.live("says that there are no data for a release, and that this is not the whole truth", () =>
    live(
      Effect.gen(function* () {
        const { directory, feed } = yield* prepared()
        const other = ["--inventory", `${directory}/inventory.tsv`, "--release", "rocky-9", ...feed]
        const result = yield* runVerb(verb, ["scan", ...other])
        assert.strictEqual(result.exitCode, 2)
        assert.include(result.stdout, "Vulnerabilities: unknown, because there are no vendor data\n")
        assert.include(result.stdout, `no vendor data for rocky-9: there is none in ${directory}`)
      }),
    ),
  )

  it.live("uses a feed that has expired, and says so", () =>
    live(
      Effect.gen(function* () {
        const { listed } = yield* prepared({ expiresInDays: -1 })
        const result = yield* runVerb(verb, ["scan", ...listed])
        assert.strictEqual(result.exitCode, 0)
        assert.include(result.stdout, "CVE-2026-1234")
        assert.include(result.stdout, "expired on 2026-11-08")
      }),
    ),
  )

  const refused: ReadonlyArray<readonly [string, Partial<Order>, RegExp]> = [
    ["signed by somebody else", { signer: makeKeys().privateKey }, /refused: wrong signature/],
    ["not what was signed", { said: { sha256: "0".repeat(64) } }, /refused: wrong checksum/],
    ["damaged before it was signed", { text: "hello\n" }, /damaged: line 1/],
  ]
  it.live.each(refused)("refuses a feed that is %s", ([, order, message]) =>
    live(
      Effect.gen(function* () {
        const { listed } = yield* prepared(order)
        const result = yield* runVerb(verb, ["scan", "--json", ...listed])
        assert.deepStrictEqual([result.exitCode, result.stdout], [1, ""])
        assert.match(result.stderr, message)
      }),
    ),
  )

  it.live("names the lines of a list that cannot be used", () =>
    live(
      Effect.gen(function* () {
        const { listed, directory, files } = yield* prepared()
        const path = `${directory}/inventory.tsv`
        yield* files.writeFileString(path, `name\tversion\n${"bash\n".repeat(7)}`)
        const result = yield* runVerb(verb, ["scan", ...listed])
        assert.deepStrictEqual([result.exitCode, result.stdout], [1, ""])
        assert.deepStrictEqual(result.stderr.split("\n"), [
          ...[2, 3, 4, 5, 6].map((line) => `patchctl: ${path}: line ${line}: the version is empty`),
          `patchctl: ${path}: and 2 faults more`,
        ])
      }),
    ),
  )
})

describe("patchctl scan --root", () => {
  const debianFeed = (serial: number) =>
    [
      `#feed v1 debian-12 family=deb key=source serial=${serial} generated=2026-11-01T00:00:00Z expires=2026-11-08T00:00:00Z coverage=all licence=MIT source=test`,
      "CVE-2026-1234\tM\t2026-05-04\t2026-1234\tbash",
      "",
      "",
      "less\t590-2.1\t0\t",
      "",
      "",
    ].join("\n")

  it.live("lists the packages of a mounted system and what is known of them", () =>
    live(
      Effect.gen(function* () {
        const { rooted, feed } = yield* prepared({ named: "debian-12", text: debianFeed(7) })
        const result = yield* runVerb(verb, ["scan", "--json", ...rooted, ...feed])
        assert.deepStrictEqual([result.exitCode, result.stderr], [0, ""])
        const { release, packages, findings } = yield* decodeRoot(result.stdout)
        assert.strictEqual(release, "debian-12")
        assert.deepStrictEqual(
          packages.map(({ name }): string => name),
          ["bash", "less"],
        )
        assert.deepStrictEqual(
          findings.map(({ cve, package: name, fix }) => [cve, name, fix]),
          [["CVE-2026-1234", "less", "unknown"]],
        )
      }),
    ),
  )

  it.live("lists the packages alone where no feed is named", () =>
    live(
      Effect.gen(function* () {
        const { rooted, directory } = yield* prepared()
        const result = yield* runVerb(verb, ["scan", ...rooted])
        assert.strictEqual(result.exitCode, 2)
        assert.include(result.stdout, `Root ${directory}/root, Debian GNU/Linux 12: 2 packages\n`)
        assert.include(result.stdout, "no vendor data for debian-12: name a directory of feeds")
      }),
    ),
  )

  it.live("tells on stderr why a root cannot be scanned", () =>
    live(
      Effect.gen(function* () {
        const { directory } = yield* prepared()
        const result = yield* runVerb(verb, ["scan", "--root", `${directory}/nowhere`])
        assert.deepStrictEqual([result.exitCode, result.stdout], [1, ""])
        assert.include(result.stderr, "no such folder")
      }),
    ),
  )
})

describe("flags of patchctl scan that do not go together", () => {
  const wrong: ReadonlyArray<readonly [string, string]> = [
    ["--inventory x --root y", "choose one"],
    ["--inventory x", "--inventory needs --release, --feed and --trust"],
    ["--inventory x --release debian-12", "--inventory needs"],
    ["--inventory x --release debian-12 --feed d", "--feed and --trust go together"],
    ["--root x --trust k", "--feed and --trust go together"],
    ["--root x --release slackware-15", "--release slackware-15 is no release"],
    ["--release debian-12", "go with --inventory or --root"],
    ["--feed d --trust k", "go with --inventory or --root"],
    ["--root x --refresh always", "--refresh always is for this host, not for --root"],
    ["--json --format cyclonedx", "--json and --format cyclonedx exclude each other"],
    ["--format xml", "xml"],
  ]
  it.effect.each(wrong)("%s", ([flags, message]) =>
    Effect.gen(function* () {
      const result = yield* runVerb(verb, ["scan", ...flags.split(" ")])
      assert.deepStrictEqual([result.exitCode, result.stdout], [64, ""])
      assert.include(result.stderr, message)
      assert.include(result.stderr, "See: patchctl scan --help")
    }),
  )
})
