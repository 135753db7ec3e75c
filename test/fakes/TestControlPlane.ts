import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { OperatorClient } from "../../src/control-plane/cli/OperatorClient.ts"
import { ControlPlaneServer } from "../../src/control-plane/ControlPlaneServer.ts"
import { files } from "../../src/control-plane/data/DataDirectory.ts"
import { LicenseKey } from "../../src/domain/Identifiers.ts"

/**
 * The real reference control plane on a free port of 127.0.0.1: real TLS, real SQLite, its own certificate authority.
 * Ends with its scope. For tests that use real time (`it.live`).
 */
export class TestControlPlane extends Context.Service<
  TestControlPlane,
  {
    readonly url: string
    readonly caFile: string
    readonly ca: string
    readonly licenseKey: Redacted.Redacted<LicenseKey>
    readonly dataDirectory: string
    /** The operator API with every scope. */
    readonly operator: OperatorClient["Service"]
  }
>()("patchctl/test/TestControlPlane") {
  /** Without `dataDirectory` a temporary one, which goes with the scope; with it, a restart keeps everything. */
  static readonly layer = (
    options: { readonly heartbeatSeconds?: number; readonly dataDirectory?: string } = {},
  ) =>
    Layer.effect(
      TestControlPlane,
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const directory =
          options.dataDirectory ?? (yield* fs.makeTempDirectoryScoped({ prefix: "patchctl-cp-" }))
        const { localUrl, data } = yield* Effect.map(
          Layer.build(
            ControlPlaneServer.layer({
              dataDirectory: directory,
              listen: { host: "127.0.0.1", port: 0 },
              names: [],
              heartbeatSeconds: options.heartbeatSeconds ?? 300,
            }),
          ),
          Context.get(ControlPlaneServer),
        )
        const secret = (name: "license-key" | "operator-token") =>
          Effect.map(fs.readFileString(data.path(name)), (text) => text.trim())
        const ca = yield* fs.readFileString(data.path(files.caCertificate))
        const token = Redacted.make(yield* secret(files.operatorToken))
        const operator = yield* Layer.build(OperatorClient.layer({ url: localUrl, ca, token }))
        return TestControlPlane.of({
          url: localUrl,
          caFile: data.path(files.caCertificate),
          ca,
          licenseKey: Redacted.make(LicenseKey.make(yield* secret(files.licenseKey))),
          dataDirectory: data.root,
          operator: Context.get(operator, OperatorClient),
        })
      }),
    ).pipe(Layer.provide([NodeServices.layer, Logger.layer([])]))
}
