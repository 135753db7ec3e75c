import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { configuredStateDirectory } from "./cli/configuredStateDirectory.ts"
import { showStatus } from "./cli/showStatus.ts"
import { Environment } from "./config/Environment.ts"
import { runProgram } from "./runProgram.ts"
import { StatusFile } from "./store/StatusFile.ts"

const statusFile = Layer.unwrap(Effect.map(configuredStateDirectory(Option.none()), StatusFile.layer))

/** `patchctl status [--json]` without the command line around it, which takes longer to load than the answer takes. */
export const main = (options: { readonly json: boolean }): void =>
  runProgram(
    showStatus(options).pipe(
      Effect.provide(
        statusFile.pipe(Layer.provideMerge(Layer.merge(NodeFileSystem.layer, Environment.layer))),
      ),
    ),
  )
