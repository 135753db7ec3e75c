import { assert, describe, it } from "@effect/vitest"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { scan } from "../../src/cli/scan.ts"
import { scanText } from "../../src/cli/scanText.ts"
import { paint } from "../../src/cli/plainText.ts"
import { ConfigError } from "../../src/config/ConfigError.ts"
import type { RefreshPolicy } from "../../src/domain/Command.ts"
import { Scan } from "../../src/domain/Scan.ts"
import { ScanHost } from "../../src/scan/ScanHost.ts"
import { runVerb } from "./runVerb.ts"
import { partial, withUpdates } from "./sampleScan.ts"

const encode = Schema.encodeSync(Scan)
const decodeDocument = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

const scanFinding = (found: Scan, asked?: Ref.Ref<RefreshPolicy>) =>
  scan.pipe(
    Command.provide(
      Layer.mock(ScanHost)({
        scan: ({ refresh }) => Effect.as(asked === undefined ? Effect.void : Ref.set(asked, refresh), found),
      }),
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

  it.effect("prints the scan's own document with --json", () =>
    Effect.gen(function* () {
      for (const found of [withUpdates, partial]) {
        const result = yield* runVerb(scanFinding(found), ["scan", "--json"])
        assert.deepStrictEqual(yield* decodeDocument(result.stdout), encode(found))
      }
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
        Command.provide(Layer.effect(ScanHost, Effect.fail(new ConfigError({ problems })))),
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
