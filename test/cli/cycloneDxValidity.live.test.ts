import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Spec, Validation } from "@cyclonedx/cyclonedx-library"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import { cycloneDx } from "../../src/cli/cycloneDx.ts"
import { CycloneDx } from "../../src/cli/cycloneDxSchema.ts"
import { scan } from "../../src/cli/scan.ts"
import { type Finding, FixState, type Vulnerabilities, VendorStatus } from "../../src/domain/Finding.ts"
import type { InstalledPackage } from "../../src/domain/Package.ts"
import { Subprocess } from "../../src/host/Subprocess.ts"
import { ScanHost } from "../../src/scan/ScanHost.ts"
import { feedKeysText } from "../../src/vulnerability/feedKeys.ts"
import { feedText } from "../../src/vulnerability/feedText.ts"
import { sampleFeed, samples } from "../control-plane/feed/feedOf.ts"
import { publication, publisher } from "../vulnerability/feedPublication.ts"
import { finding, installed } from "../vulnerability/sampleFindings.ts"
import { runVerb } from "./runVerb.ts"
import { clean, doubtful, everyState, noData } from "./sampleVulnerabilities.ts"

// The published JSON schema of CycloneDX 1.6 has the last word on the documents, not our own idea of it.

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)

/** What the schema finds wrong with a document; nothing in a valid one. */
const faultsOf = Effect.fnUntraced(function* (document: string) {
  const error = yield* Effect.promise(() => validator.validate(document))
  return error === null ? [] : [error]
})

const encode = Schema.encodeEffect(Schema.fromJsonString(CycloneDx))

const documentOf = (vulnerabilities: Vulnerabilities, packages: ReadonlyArray<InstalledPackage> = []) =>
  encode(
    cycloneDx({
      serial: "0b5e2c5e-6c2f-4d8e-9f7a-2f0c9a7b1d11",
      at: DateTime.makeUnsafe("2026-11-22T12:00:00Z"),
      packages,
      vulnerabilities,
    }),
  )

/** Every reference to a component has to lead to one, which the schema cannot say. */
const danglingReferences = Effect.fnUntraced(function* (document: string) {
  const bom = yield* Schema.decodeEffect(Schema.fromJsonString(CycloneDx))(document)
  const known = new Set(bom.components.map((one) => one["bom-ref"]))
  return bom.vulnerabilities.flatMap(({ affects }) => affects.filter(({ ref }) => !known.has(ref)))
})

/** As odd as names of installed packages may be, and as those in a feed may. */
const oddNames = ["libstdc++6", "_@~^+.-", "libc6:amd64", "UPPER_case"]
const odderNames = [...oddNames, "perl(Foo::Bar)", "ünïcode", "a b", "100%", 'quo"te', "gtk2.0?#&="]

const odd: ReadonlyArray<Finding> = [
  ...odderNames.map((name) => finding({ package: name, binaries: [name], installed: "1:2.0~rc1+b1^git" })),
  ...VendorStatus.literals.map((status) => finding({ package: status, status })),
  ...FixState.literals.map((fix) => finding({ package: fix, fix })),
  finding({ cve: "AVG-12", package: "no-cve", binaries: [], advisories: [] }),
  finding({ cve: "TEMP-0000000-ABCDEF", package: "temporary" }),
  finding({ package: "scores", cvss: { score: 0 } }),
  finding({
    package: "vectors",
    cvss: { vector: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H", score: 10 },
  }),
  finding({ package: "old-vector", cvss: { vector: "AV:N/AC:L/Au:N/C:P/I:P/A:P" } }),
  finding({ package: "ill-known", cvss: { vector: "something new" } }),
  finding({
    package: "talked-about",
    severity: "low",
    kev: { ransomware: true },
    epss: 0.999,
    advisories: [
      { id: "ALSA-2026:1", severity: "low", date: "2026-05-04", title: "Low: “talk” <b>& more</b>" },
      { id: "ALSA-2026:2", fixed: "2" },
      { id: "ALSA-2026:2" },
    ],
  }),
]

const rows: ReadonlyArray<InstalledPackage> = [
  ...oddNames.map((name) => installed(name, "1:2.0~rc1+b1^git")),
  installed("libssl3", "3.0.14-1", { source: "openssl", sourceVersion: "3.0.14" }),
  installed("nodejs", "1:18.20.2-1.module_el8", {
    manager: "dnf",
    module: "nodejs:18:8090020231019:a75119d5",
  }),
  installed("musl", "1.2.5-r0", { manager: "apk" }),
  installed("pacman", "6.1.0-3", { manager: "pacman" }),
]

describe("a bill of materials", () => {
  const documents: ReadonlyArray<readonly [string, Vulnerabilities]> = [
    ["with a finding in every state", everyState],
    ["with odd findings and odd names", { ...clean, findings: odd }],
    ["of a host without a finding", clean],
    ["of a release that has ended, by an old feed", doubtful],
    ["of a system without vendor data", { ...noData, findings: odd }],
  ]
  it.live.each(documents)("%s is valid by the published schema of CycloneDX 1.6", ([, vulnerabilities]) =>
    Effect.gen(function* () {
      const document = yield* documentOf(vulnerabilities, rows)
      assert.deepStrictEqual(yield* faultsOf(document), [])
      assert.deepStrictEqual(yield* danglingReferences(document), [])
    }),
  )

  const broken: ReadonlyArray<readonly [string, string, string]> = [
    ["a method that there is not", '"method":"CVSSv31"', '"method":"CVSSv5"'],
    ["a severity that there is not", '"severity":"critical"', '"severity":"awful"'],
    ["a field that there is not", '"affects":', '"affected":'],
    ["a response that there is not", '"response":["update"]', '"response":["upgrade"]'],
    ["a serial number that is none", "urn:uuid:", "uuid:"],
    ["a time that is none", "2026-11-22T12:00:00", "22 November"],
    ["another version", '"specVersion":"1.6"', '"specVersion":1.6'],
  ]
  it.live.each(broken)("with %s is not valid", ([, right, wrong]) =>
    Effect.gen(function* () {
      const document = yield* documentOf(everyState, rows)
      assert.include(document, right)
      assert.lengthOf(yield* faultsOf(document.replace(right, wrong)), 1)
    }),
  )
})

describe("patchctl scan --inventory --format cyclonedx", () => {
  /** A host whose own scan would be a defect. */
  const verb = scan.pipe(
    Command.provide(
      Layer.mergeAll(Layer.mock(ScanHost)({}), Layer.mock(Subprocess)({}), NodeCrypto.layerSecureRandom),
    ),
  )

  it.live("writes a valid one from AlmaLinux's own records", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const { about, body } = yield* sampleFeed("almalinux-10", {
        osv: Option.some(`${samples}/almalinux10`),
      })
      const at = DateTime.makeUnsafe("2026-11-01T00:00:00Z")
      const header = { ...about, serial: 1, generatedAt: at, expiresAt: DateTime.add(at, { days: 7 }) }
      const text = [...feedText({ header, ...body })].join("")
      for (const [name, bytes] of publication({ serial: 1, text, named: "almalinux-10" })) {
        yield* fs.writeFile(`${folder}/${name}`, bytes)
      }
      yield* fs.writeFileString(`${folder}/key.pub`, feedKeysText([publisher.publicKey]))
      // Every fortieth package, older than all its fixes: the schema compares each vulnerability with each.
      const packages = body.packages
        .filter((_, index) => index % 40 === 0)
        .map(({ name }) => `${name}\t0-0\tx86_64\n`)
      yield* fs.writeFileString(`${folder}/inventory.tsv`, `name\tversion\tarch\n${packages.join("")}`)
      const feed = ["--release", "almalinux-10", "--feed", folder, "--trust", `${folder}/key.pub`]
      const args = ["scan", "--format", "cyclonedx", "--inventory", `${folder}/inventory.tsv`, ...feed]
      const { exitCode, stdout, stderr } = yield* runVerb(verb, args)
      assert.deepStrictEqual([exitCode, stderr], [0, ""])
      assert.deepStrictEqual(yield* faultsOf(stdout), [])
      assert.deepStrictEqual(yield* danglingReferences(stdout), [])
      assert.isAbove(stdout.split('"bom-ref":"CVE-').length, 100)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
