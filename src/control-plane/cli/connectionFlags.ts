import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Flag from "effect/cli/Flag"
import { type FileName, files, openDataDirectory } from "../data/DataDirectory.ts"
import { DataFlag } from "./DataFlag.ts"
import { OperatorClient } from "./OperatorClient.ts"
import { OperatorFailure } from "./OperatorFailure.ts"

/** How an operator's command finds the control plane: from its data directory, or told piece by piece. */
export const connectionFlags = {
  url: Flag.String("url").pipe(
    Flag.withMetavar("URL"),
    Flag.withDescription("Address of the control plane; default: that of the server of --data"),
    Flag.optional,
  ),
  caFile: Flag.String("ca-file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Certificate authority to trust, PEM; default: that of --data"),
    Flag.optional,
  ),
  tokenFile: Flag.String("token-file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("File with the operator token; default: that of --data"),
    Flag.optional,
  ),
}

export interface ConnectionFlags {
  readonly url: Option.Option<string>
  readonly caFile: Option.Option<string>
  readonly tokenFile: Option.Option<string>
}

/** The operator API behind the flags given. */
export const layer = ({ url, caFile, tokenFile }: ConnectionFlags) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* DataFlag
      const data = yield* openDataDirectory(directory, { create: false })

      const fileOr = (given: Option.Option<string>, name: FileName, flag: string) => {
        const path = Option.getOrElse(given, () => data.path(name))
        return fs.readFileString(path).pipe(
          Effect.mapError(
            () =>
              new OperatorFailure({
                reason: "usage",
                detail: `${path} cannot be read: give --data DIR of a control plane on this machine, or ${flag}`,
              }),
          ),
        )
      }
      const address = Option.isSome(url) ? url.value : yield* fileOr(Option.none(), files.apiUrl, "--url URL")
      const ca = yield* fileOr(caFile, files.caCertificate, "--ca-file FILE")
      const token = yield* fileOr(tokenFile, files.operatorToken, "--token-file FILE")
      return OperatorClient.layer({ url: address.trim(), ca, token: Redacted.make(token.trim()) })
    }),
  )
