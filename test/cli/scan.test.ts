import { assert, describe, it } from "@effect/vitest"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { scan } from "../../src/cli/scan.ts"
import { scanText } from "../../src/cli/scanText.ts"
import { paint } from "../../src/cli/plainText.ts"
import { ConfigError } from "../../src/config/ConfigError.ts"
import type { RefreshPolicy } from "../../src/domain/Command.ts"
import { Scan } from "../../src/domain/Scan.ts"
import { Subprocess } from "../../src/host/Subprocess.ts"
import { CycloneDx } from "../../src/cli/cycloneDxSchema.ts"
import { ScanDocument } from "../../src/cli/scanDocument.ts"
import { ScanHost } from "../../src/scan/ScanHost.ts"
import { runVerb } from "./runVerb.ts"
import { partial, upToDate, withUpdates } from "./sampleScan.ts"
import { everyState } from "./sampleVulnerabilities.ts"

const encode = Schema.encodeSync(Scan)
const decodeDocument = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))
const decodeScan = Schema.decodeUnknownEffect(Schema.fromJsonString(ScanDocument))
const decodeBom = Schema.decodeUnknownEffect(Schema.fromJsonString(CycloneDx))

/** What a scan of another system stands on; that of this host does not touch it. */
const machine = Layer.merge(Layer.mock(Subprocess)({}), NodeCrypto.layerSecureRandom)

const scanFinding = (found: Scan, asked?: Ref.Ref<RefreshPolicy>) =>
  scan.pipe(
    Command.provide(
      Layer.mergeAll(
        Layer.mock(ScanHost)({
          scan: ({ refresh }) =>
            Effect.as(asked === undefined ? Effect.void : Ref.set(asked, refresh), found),
        }),
        machine,
      ),
    ),
  )

describe("patchctl scan", () => {
  it.effect("prints the scan and exits with 0 when it is complete, updates or not", () =>
    Effect.gen(function* () {
      const result = yield* runVerb(scanFinding(withUpdates), ["scan"])
      assert.strictEqual(result.exitCode, 0)
      assert.strictEqual(result.stdout, scanText(withUpdates, paint(false)))
      assert.strictEqual(result.stderr, "")
    }),
  )

  it.effect("exits with 2 when the scan is partial", () =>
    Effect.gen(function* () {
      const result = yield* runVerb(scanFinding(partial), ["scan"])
      assert.strictEqual(result.exitCode, 2)
      assert.match(result.stdout, /^Scan partial/)
    }),
  )

  it.effect("prints the scan's own document with --json, findings and coverage at the top", () =>
    Effect.gen(function* () {
      for (const found of [withUpdates, partial]) {
        for (const flags of [["--json"], ["--format", "json"], ["--json", "--format", "json"]]) {
          const scanned = { ...found, vulnerabilities: everyState }
          const result = yield* runVerb(scanFinding(scanned), ["scan", "--all", ...flags])
          const { vulnerabilities, ...rest } = encode(scanned)
          assert.deepStrictEqual(yield* decodeDocument(result.stdout), { ...rest, ...vulnerabilities })
        }
      }
    }),
  )

  it.effect("keeps what is hidden to itself unless all is asked for, as text and as JSON", () =>
    Effect.gen(function* () {
      const verb = scanFinding({ ...withUpdates, vulnerabilities: everyState })
      for (const flags of [[], ["--json"], ["--format", "cyclonedx"]]) {
        const some = yield* runVerb(verb, ["scan", ...flags])
        assert.include(some.stdout, "CVE-2026-7")
        assert.notMatch(some.stdout, /CVE-2026-[89]/)
        const all = yield* runVerb(verb, ["scan", "--all", ...flags])
        assert.match(all.stdout, /CVE-2026-8[^]*CVE-2026-9/)
      }
    }),
  )

  it.effect("has no finding and says why where nobody looked for any", () =>
    Effect.gen(function* () {
      const { stdout } = yield* runVerb(scanFinding(withUpdates), ["scan", "--json"])
      const { findings, coverage } = yield* decodeScan(stdout)
      assert.deepStrictEqual([findings, coverage.verdict], [[], "no_vendor_data"])
    }),
  )

  it.effect("names a bill of materials by the scan", () =>
    Effect.gen(function* () {
      const { stdout } = yield* runVerb(scanFinding(upToDate), ["scan", "--format", "cyclonedx"])
      const bom = yield* decodeBom(stdout)
      assert.strictEqual(bom.serialNumber, upToDate.id.replace("scn_", "urn:uuid:"))
      assert.deepStrictEqual(
        bom.components.map(({ name }) => name),
        ["bash", "openssl"],
      )
    }),
  )

  it.effect("downloads metadata only when asked to", () =>
    Effect.gen(function* () {
      const asked = yield* Ref.make<RefreshPolicy>("always")
      yield* runVerb(scanFinding(withUpdates, asked), ["scan"])
      assert.strictEqual(yield* Ref.get(asked), "never")
      yield* runVerb(scanFinding(withUpdates, asked), ["scan", "--refresh", "always"])
      assert.strictEqual(yield* Ref.get(asked), "always")
    }),
  )

  it.effect("tells on stderr what kept it from starting", () =>
    Effect.gen(function* () {
      const problems = [
        { where: "/etc/x", fault: "does not exist", remedy: "create it" },
        { where: "/etc/x", key: "pins", fault: "is wrong", remedy: "mend it" },
      ]
      const broken = scan.pipe(
        Command.provide(
          Layer.merge(machine, Layer.effect(ScanHost, Effect.fail(new ConfigError({ problems })))),
        ),
      )
      const result = yield* runVerb(broken, ["scan", "--json"])
      assert.strictEqual(result.exitCode, 78)
      assert.strictEqual(result.stdout, "")
      assert.strictEqual(
        result.stderr,
        "patchctl: /etc/x: does not exist; create it\npatchctl: /etc/x: pins is wrong; mend it",
      )
    }),
  )
})
