import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { DatabaseSync } from "node:sqlite"
import { Server, ServerScan } from "../../src/protocol/OperatorApi.ts"
import { deliverScan } from "../../src/scan/deliverScan.ts"
import { agentMigrations } from "../../src/store/agentSchema.ts"
import { Database } from "../../src/store/Database.ts"
import { Snapshots } from "../../src/store/Snapshots.ts"
import { ControlPlane, RequestFailed } from "../../src/transport/ControlPlane.ts"
import { enrolment, snapshotOf } from "../control-plane/samples.ts"
import { runOperator } from "../control-plane/cli/runOperator.ts"
import { agentKey, transport } from "../fakes/agentTransport.ts"
import { TestControlPlane } from "../fakes/TestControlPlane.ts"
import { coverageOf, findingsOf, scanOf } from "./scanOf.ts"

const rows = snapshotOf("bash=5.2", "dpkg=1.21", "openssl=3.0.14-1", "zsh=5.9")
const found = { findings: findingsOf("CVE-2026-1", "CVE-2026-2"), coverage: coverageOf(412) }

const View = Schema.Struct({ server: Server, scan: Schema.optionalKey(ServerScan) })
const decodeView = Schema.decodeUnknownEffect(Schema.fromJsonString(View))

/** What an agent keeps over restarts of its server. */
const agentStore = Snapshots.layer.pipe(Layer.provide(Database.layer(":memory:", agentMigrations)))

/** The agent's side of a running server, with a note of what it sends. Enrolling again leads to the same agent. */
const connect = Effect.gen(function* () {
  const { url, caFile, licenseKey, dataDirectory } = yield* TestControlPlane
  const built = yield* Layer.build(transport({ config: { api_url: url, ca_file: caFile } }))
  const real = Context.get(built, ControlPlane)
  const { agentId } = yield* real.enrol(enrolment(agentKey.publicKey), licenseKey)
  const sent: Array<string> = []
  let losing = 0
  const noting = ControlPlane.of({
    ...real,
    uploadScan: Effect.fnUntraced(function* (agent, upload) {
      const told = [upload.report && "report", upload.found && "findings"]
      sent.push([upload.kind, ...told.filter((part) => part !== undefined)].join(" "))
      const receipt = yield* real.uploadScan(agent, upload)
      if (losing === 0) return receipt
      losing -= 1
      return yield* new RequestFailed({ code: "connection_lost", retryable: true, detail: "after sending" })
    }),
  })
  const show = (...args: ReadonlyArray<string>) =>
    Effect.map(runOperator("show", agentId, ...args, "--data", dataDirectory), ({ stdout }) => stdout)
  return {
    /** What was sent since the last call. */
    sent: () => sent.splice(0),
    /** The next answers do not arrive. */
    lose: (answers: number) => {
      losing = answers
    },
    deliver: Effect.provideService(deliverScan(agentId), ControlPlane, noting),
    show,
    shownCves: Effect.gen(function* () {
      const { server, scan } = yield* decodeView(yield* show("--json"))
      assert.deepStrictEqual(server.report, scan?.report)
      return { scanId: scan?.summary.scanId, cves: scan?.findings?.map(({ cve }) => cve) }
    }),
  }
})

/** Lets a server run on the directory for as long as the test takes. */
const whileServing = <A, E, R>(
  dataDirectory: string,
  test: (agent: Effect.Success<typeof connect>) => Effect.Effect<A, E, R>,
) =>
  Effect.scoped(Effect.flatMap(connect, test)).pipe(Effect.provide(TestControlPlane.layer({ dataDirectory })))

const databaseOf = (dataDirectory: string) => `${dataDirectory}/control-plane.db`

const countOf = (dataDirectory: string, table: "scans" | "reports") =>
  Effect.sync(() => {
    const database = new DatabaseSync(databaseOf(dataDirectory), { readOnly: true })
    const count = database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]
    database.close()
    return count
  })

const keep = (number: number, changes: Partial<typeof found> = {}) =>
  Effect.flatMap(Snapshots, (snapshots) => snapshots.keep(scanOf(number, rows, { ...found, ...changes })))

const testing = (
  name: string,
  test: (dataDirectory: string) => Effect.Effect<void, unknown, Snapshots | NodeServices.NodeServices>,
) =>
  it.live(name, () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* test(yield* fs.makeTempDirectoryScoped())
    }).pipe(Effect.scoped, Effect.provide([agentStore, NodeServices.layer, Logger.layer([])])),
  )

describe("the findings of an agent", () => {
  testing("are shown to the operator, once, also when an answer got lost on the way", (dataDirectory) =>
    whileServing(dataDirectory, (agent) =>
      Effect.gen(function* () {
        yield* keep(1)
        agent.lose(1)
        assert.strictEqual((yield* Effect.flip(agent.deliver))._tag, "RequestFailed")
        yield* agent.deliver
        assert.deepStrictEqual(agent.sent(), ["full report findings", "full report findings"])
        assert.deepStrictEqual((yield* agent.shownCves).cves, ["CVE-2026-1", "CVE-2026-2"])
        for (const table of ["scans", "reports"] as const) {
          assert.strictEqual(yield* countOf(dataDirectory, table), 1, table)
        }

        const text = yield* agent.show()
        assert.match(text, /^Vulnerabilities +updates of 1 package fix 2 CVEs; 1 package not evaluated/m)
        assert.match(text, /^Vulnerability data +debian-12 of 2026-11-20 \(serial 412/m)
        assert.notMatch(text, /CVE-2026-1/)
        assert.match(yield* agent.show("--findings"), /^ +CVE-2026-1 +openssl +3\.0\.14-1 +3\.0\.15-1/m)

        yield* keep(2)
        yield* agent.deliver
        yield* keep(3, { coverage: coverageOf(413) })
        yield* agent.deliver
        yield* keep(4, { findings: findingsOf("CVE-2026-2") })
        yield* agent.deliver
        assert.deepStrictEqual(agent.sent(), ["digest", "digest report", "digest report findings"])
        assert.deepStrictEqual((yield* agent.shownCves).cves, ["CVE-2026-2"])
      }),
    ),
  )

  testing(
    "are sent again, whole, to a server that came back from a backup or with nothing",
    (dataDirectory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const database = databaseOf(dataDirectory)
        const backup = `${dataDirectory}-backup`
        yield* whileServing(dataDirectory, () => Effect.void)
        yield* fs.copyFile(database, backup)
        yield* whileServing(dataDirectory, (agent) => Effect.andThen(keep(1), agent.deliver))

        yield* fs.copyFile(backup, database)
        yield* whileServing(dataDirectory, (agent) =>
          Effect.gen(function* () {
            yield* keep(2)
            yield* agent.deliver
            assert.deepStrictEqual(agent.sent(), ["digest", "full report findings"])
            assert.deepStrictEqual((yield* agent.shownCves).cves, ["CVE-2026-1", "CVE-2026-2"])
          }),
        )

        yield* fs.remove(database)
        yield* whileServing(dataDirectory, (agent) =>
          Effect.gen(function* () {
            yield* keep(3, { coverage: coverageOf(413) })
            yield* agent.deliver
            assert.deepStrictEqual(agent.sent(), ["digest report", "full report findings"])
            const { scanId, cves } = yield* agent.shownCves
            assert.strictEqual(scanId, scanOf(3, rows).id)
            assert.deepStrictEqual(cves, ["CVE-2026-1", "CVE-2026-2"])
          }),
        )
      }),
  )
})
