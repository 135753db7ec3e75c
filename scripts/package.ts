import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { agentVersion } from "../src/agentVersion.ts"
import type { Arch } from "./build/executable.ts"
import { makeArchives, signRelease } from "./package/archives.ts"
import { makeDeb } from "./package/deb.ts"
import { makePayload } from "./package/payload.ts"
import { checkout, type Release } from "./package/Release.ts"
import { makeRpm } from "./package/rpm.ts"
import { PackageError, runTool } from "./package/runTool.ts"

interface Asked {
  readonly arch: Arch
  readonly output: string
  readonly signingKey: Option.Option<string>
  readonly updateRoot: Option.Option<string>
  readonly fast: boolean
}

/** The time of the last commit, or what SOURCE_DATE_EPOCH says (reproducible-builds.org). */
const sourceTime = Effect.suspend(() => {
  const given = process.env["SOURCE_DATE_EPOCH"] ?? ""
  return given === ""
    ? Effect.map(runTool("git", ["log", "-1", "--format=%ct"], { cwd: checkout }), (text) => text.trim())
    : Effect.succeed(given)
})

const makePackages = Effect.fn(function* ({ arch, output, signingKey, updateRoot, fast }: Asked) {
  const files = yield* FileSystem.FileSystem
  // Modes of folders end up in the packages, whatever the one who makes them is used to.
  process.umask(0o022)
  const dist = `${checkout}/dist`
  const executable = `${dist}/linux-${arch}/patchctl-agent`
  if (!(yield* files.exists(executable))) {
    return yield* new PackageError({ what: `${executable} is missing: npm run build first` })
  }
  yield* files.makeDirectory(output, { recursive: true })
  const release: Release = {
    version: agentVersion,
    arch,
    output: yield* files.realPath(output),
    epoch: yield* sourceTime,
    fast,
  }
  const key = yield* Effect.transposeOption(Option.map(signingKey, (file) => files.realPath(file)))
  const payload = yield* makePayload(dist, release)
  const names = [
    yield* makeDeb(payload, release),
    yield* makeRpm(payload, release),
    ...(yield* makeArchives(payload, release, updateRoot)),
  ]
  const rest = yield* signRelease(payload, release, names, key)
  yield* Effect.forEach([...names, ...rest], (name) => Console.log(`${output}/${name}`))
  if (Option.isNone(signingKey)) {
    yield* Console.log("Not signed, and no install.sh: it would trust nobody. Give --signing-key.")
  }
})

Command.make(
  "package",
  {
    arch: Flag.Literals("arch", ["x64", "arm64"]).pipe(
      Flag.withDescription("Which executable of dist/ to package"),
      Flag.withDefault("x64"),
    ),
    output: Flag.String("output").pipe(
      Flag.withMetavar("DIR"),
      Flag.withDescription("Where the packages go"),
      Flag.withDefault(`${checkout}/dist/packages`),
    ),
    signingKey: Flag.String("signing-key").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("PEM file with the private key (ECDSA P-256) that install.sh is to trust"),
      Flag.optional,
    ),
    updateRoot: Flag.String("update-root").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("root.json of the repository from which script installations update themselves"),
      Flag.optional,
    ),
    fast: Flag.Boolean("fast").pipe(
      Flag.withDescription("Compress quickly instead of well, and leave out .tar.xz"),
      Flag.withDefault(false),
    ),
  },
  makePackages,
).pipe(
  Command.withDescription("Makes deb, rpm, archives and install.sh of what npm run build has built"),
  Command.run({ version: "1" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)
