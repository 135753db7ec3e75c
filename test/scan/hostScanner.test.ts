import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { packageKey } from "../../src/domain/Package.ts"
import { Host } from "../../src/host/Host.ts"
import { LivePatches } from "../../src/host/LivePatches.ts"
import * as HostScanner from "../../src/scan/HostScanner.ts"
import { ScanHost } from "../../src/scan/ScanHost.ts"
import { FeedRefused, FeedStore, type KeptFeed } from "../../src/vulnerability/FeedStore.ts"
import * as FakeHost from "../fakes/FakeHost.ts"
import * as FakeManagers from "../fakes/FakeManagers.ts"

const instant = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

const header =
  "#feed v1 debian-12 family=deb key=source serial=7 generated=2026-11-01T00:00:00Z expires=2026-11-08T00:00:00Z coverage=all licence=MIT source=test"

const feed: KeptFeed = {
  manifest: { schema: 1, serial: 7, generated: instant, expires: instant, feeds: {} },
  stale: false,
  content: Stream.make(
    new TextEncoder().encode(
      [
        header,
        "DSA-1-1\tI\t2026-05-04\t2026-1 2026-2\topenssl",
        "DSA-2-1\tI\t2026-05-04\t2026-3\tbash",
        "",
        "",
        "bash\t5.2-9\t1\t",
        "linux\t6.1.119-1\t0\t",
        "openssl\t3.0.2-1\t0\t",
        "",
        "",
      ].join("\n"),
    ),
  ),
}

const proOnly = new TextEncoder().encode(
  [header, "DSA-2-1\tI\t2026-05-04\t2026-3\tbash", "", "", "bash\t5.2-9\t0\tc=pro", "", ""].join("\n"),
)

interface Scene {
  readonly feeds?: Effect.Effect<Option.Option<KeptFeed>, FeedRefused>
  readonly container?: string
  readonly failing?: "updates"
  readonly told?: FakeManagers.ManagerMemory["told"]
  /** What is patched in the kernel 6.1.0-28-amd64. */
  readonly patched?: ReadonlyArray<string>
}

const scanned = ({
  feeds = Effect.succeedSome(feed),
  container = "none",
  failing,
  told = {},
  patched = [],
}: Scene = {}) =>
  Effect.gen(function* () {
    const memory = yield* FakeManagers.FakeManager
    const kernel = (release: string, version: string) =>
      FakeManagers.installed(`linux-image-${release}`, version)
    yield* Ref.update(memory, (known) => ({
      ...known,
      packages: [
        ...known.packages,
        { ...kernel("6.1.0-28-amd64", "6.1.115-1"), source: "linux" },
        { ...kernel("6.1.0-30-amd64", "6.1.119-1"), source: "linux" },
      ],
      told,
      failing: new Set(failing === undefined ? [] : [failing]),
    }))
    const host = yield* ScanHost
    const scan = yield* host.scan({ refresh: "never" })
    const { findings, coverage } = scan.vulnerabilities ?? assert.fail("nobody looked")
    return { scan, coverage, fixes: findings.map(({ cve, package: name, fix }) => `${cve} ${name} ${fix}`) }
  }).pipe(
    Effect.provide(
      HostScanner.layer.pipe(
        Layer.provideMerge(
          Layer.mergeAll(
            Layer.effect(
              Host,
              Effect.map(Host, (host) =>
                Host.of({ ...host, facts: Effect.succeed({ ...FakeHost.facts, container }) }),
              ),
            ).pipe(Layer.provide(FakeHost.layer)),
            FakeManagers.layer,
            Layer.mock(LivePatches)({
              cves: (kernel) =>
                Effect.succeed(new Set(kernel === FakeHost.facts.kernelRelease ? patched : [])),
            }),
            Layer.mock(FeedStore)({ current: feeds }),
            NodeCrypto.layerSecureRandom,
          ),
        ),
      ),
    ),
  )

describe("a scan of this host", () => {
  it.effect("says which vulnerabilities its packages have and what can be done about each", () =>
    Effect.gen(function* () {
      const { fixes, coverage } = yield* scanned()
      assert.strictEqual(coverage.verdict, "vendor_data")
      assert.deepStrictEqual(fixes, [
        "CVE-2026-1 openssl available",
        "CVE-2026-2 openssl available",
        "CVE-2026-3 bash not_in_enabled_repos",
        "CVE-2026-1 linux pending_reboot",
        "CVE-2026-2 linux pending_reboot",
      ])
    }),
  )

  it.effect("says which of its packages are not the distribution's, and does not judge them", () =>
    Effect.gen(function* () {
      const bash = FakeManagers.installed("bash", "5.2-1")
      const { scan, fixes, coverage } = yield* scanned({
        told: { origins: new Map([[packageKey(bash), "Bash Inc"]]) },
      })
      assert.deepInclude(scan.packages, { ...bash, origin: "Bash Inc" })
      assert.deepStrictEqual(coverage.notEvaluated, [{ package: "bash", reason: "third_party" }])
      assert.notMatch(fixes.join("\n"), /bash/)
    }),
  )

  it.effect("names the subscription that has a fix unless it is attached", () =>
    Effect.gen(function* () {
      const feeds = Effect.succeedSome({ ...feed, content: Stream.make(proOnly) })
      assert.deepStrictEqual((yield* scanned({ feeds })).fixes, ["CVE-2026-3 bash needs_channel"])
      assert.deepStrictEqual((yield* scanned({ feeds, told: { channels: ["pro"] } })).fixes, [
        "CVE-2026-3 bash not_in_enabled_repos",
      ])
    }),
  )

  it.effect("knows what a live patch mends in the running kernel", () =>
    Effect.gen(function* () {
      const { fixes } = yield* scanned({ patched: ["CVE-2026-1"] })
      assert.includeMembers(
        [...fixes],
        [
          "CVE-2026-1 openssl available",
          "CVE-2026-1 linux mitigated_livepatch",
          "CVE-2026-2 linux pending_reboot",
        ],
      )
    }),
  )

  it.effect("does not take the kernel that a container runs on for one of its packages", () =>
    Effect.gen(function* () {
      const { fixes } = yield* scanned({ container: "docker" })
      assert.notMatch(fixes.join("\n"), /pending_reboot/)
    }),
  )

  it.effect("does not say that no repository has a fix when the updates could not be listed", () =>
    Effect.gen(function* () {
      const { fixes } = yield* scanned({ failing: "updates" })
      assert.include(fixes, "CVE-2026-3 bash unknown")
      assert.notMatch(fixes.join("\n"), /not_in_enabled_repos/)
    }),
  )

  it.effect("is a scan even when the feed is refused", () =>
    Effect.gen(function* () {
      const refused = new FeedRefused({ release: "debian-12", problem: "bomb", detail: "too much" })
      const { scan, coverage } = yield* scanned({ feeds: Effect.fail(refused) })
      assert.strictEqual(scan.completeness.verdict, "complete")
      assert.strictEqual(scan.packages.length, 4)
      assert.strictEqual(coverage.verdict, "no_vendor_data")
      assert.include(coverage.detail, "refused: bomb: too much")
    }),
  )

  it.effect("names the feed that it waits for", () =>
    Effect.gen(function* () {
      const { coverage } = yield* scanned({ feeds: Effect.succeedNone })
      assert.deepStrictEqual([coverage.verdict, coverage.release], ["no_vendor_data", "debian-12"])
    }),
  )
})
