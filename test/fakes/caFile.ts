import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { TestCertificate } from "./TestPki.ts"
import { makePki } from "./TestPki.ts"

/** A PEM file with these certificates, until the scope ends. */
export const caFile = (...certificates: ReadonlyArray<TestCertificate>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* files.makeTempFileScoped({ suffix: ".pem" })
    yield* files.writeFileString(path, certificates.map(({ pem }) => pem).join("\n"))
    return path
  }).pipe(Effect.provide(NodeFileSystem.layer))

/** A PKI with its root in a file. */
export const makePkiWithFile = Effect.gen(function* () {
  const pki = yield* makePki
  return { ...pki, ca: yield* caFile(pki.root) }
})
