import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { agentVersion } from "../../../src/agentVersion.ts"
import { makeArchives, signRelease } from "../../../scripts/package/archives.ts"
import { makePayload } from "../../../scripts/package/payload.ts"
import type { Release } from "../../../scripts/package/Release.ts"
import { runTool } from "../../../scripts/package/runTool.ts"
import { buildOnce } from "../executable/built.ts"

const makeArchiveFolder = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  yield* buildOnce
  const output = yield* fs.makeTempDirectoryScoped({ prefix: "patchctl-archives-" })
  yield* fs.chmod(output, 0o755)
  const key = `${output}/key.pem`
  const curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
  yield* runTool("openssl", ["genpkey", ...curve, "-out", key])
  const release: Release = { version: agentVersion, arch: "x64", output, epoch: "1767225600", fast: true }
  const payload = yield* makePayload(`${import.meta.dirname}/../../../dist`, release)
  const names = yield* makeArchives(payload, release, Option.none())
  yield* signRelease(payload, release, names, Option.some(key))
  return output
})

/** A folder with what install.sh takes of a release, for glibc and for a distribution's own Node.js, and install.sh itself. */
export class Archives extends Context.Service<Archives, string>()("patchctl/test/system/openrc/Archives") {
  static readonly layer = Layer.effect(Archives, makeArchiveFolder).pipe(Layer.provide(NodeServices.layer))
}
