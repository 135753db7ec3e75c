import { CompactSign, decodeProtectedHeader, SignJWT } from "jose"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { AgentRenamingClaims, agentRenamingType } from "../protocol/AgentRenaming.ts"
import { CommandClaims, commandType } from "../protocol/CommandEnvelope.ts"
import { type CommandKeys, type CommandKeysUnusable, readCommandKeys } from "./data/commandKeys.ts"
import { type DataDirectory, files } from "./data/DataDirectory.ts"

const encodeClaims = Schema.encodeSync(CommandClaims)
const encodeRenaming = Schema.encodeSync(AgentRenamingClaims)

const headerOf = ({ publicKey }: CommandKeys) => ({ alg: "EdDSA", typ: commandType, kid: publicKey.kid })

/** Signs commands with a key that serves for nothing else, and says which keys agents shall obey, under which id. */
export class CommandSigner extends Context.Service<
  CommandSigner,
  {
    /** The `iss` of every command: this control plane's own name. */
    readonly issuer: string
    /** The key in force: looked at anew with each call, because `key rotate` changes it under a running server. */
    readonly keys: Effect.Effect<CommandKeys>
    /** A command envelope: JWS, compact, EdDSA, `typ: patchctl-command+jws`. */
    readonly sign: (claims: CommandClaims) => Effect.Effect<string>
    /** The same command under the key in force, where the envelope was signed with an earlier one. */
    readonly renew: (envelope: string) => Effect.Effect<string>
    /** A renaming statement: JWS, compact, EdDSA, `typ: patchctl-agent-renaming+jws`. */
    readonly rename: (
      names: Pick<AgentRenamingClaims, "organization" | "from" | "to">,
    ) => Effect.Effect<string>
    /** What an agent must follow whose keys are of this generation, oldest first. */
    readonly rotationsAfter: (generation: number) => Effect.Effect<ReadonlyArray<string>>
  }
>()("patchctl/control-plane/CommandSigner") {
  static readonly layer = (options: {
    readonly issuer: string
    readonly data: DataDirectory
  }): Layer.Layer<CommandSigner, CommandKeysUnusable | PlatformError, FileSystem.FileSystem> =>
    Layer.effect(
      CommandSigner,
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        /** Changes with the file; "" as long as the first key is in force. */
        const stamp = fs.stat(options.data.path(files.commandKeys)).pipe(
          Effect.map(({ ino, mtime }) =>
            [Option.getOrElse(ino, () => 0n), Option.getOrUndefined(mtime)?.getTime()].join(":"),
          ),
          Effect.orElseSucceed(() => ""),
        )
        const read = Effect.gen(function* () {
          return { stamp: yield* stamp, keys: yield* readCommandKeys(options.data) }
        })
        const known = yield* Ref.make(yield* read)

        const keys = Effect.gen(function* () {
          const last = yield* Ref.get(known)
          if ((yield* stamp) === last.stamp) return last.keys
          const next = yield* read.pipe(
            // Agents obey the last key until they are told of another.
            Effect.catch((error) => Effect.as(Effect.logError("command_keys.unusable", error), last)),
          )
          yield* Ref.set(known, next)
          return next.keys
        })

        const sign = Effect.fn("CommandSigner.sign")(function* (claims: CommandClaims) {
          const now = yield* keys
          return yield* Effect.promise(() =>
            new SignJWT(encodeClaims(claims)).setProtectedHeader(headerOf(now)).sign(now.privateKey),
          )
        })

        const renew = Effect.fn("CommandSigner.renew")(function* (envelope: string) {
          const now = yield* keys
          if (decodeProtectedHeader(envelope).kid === now.publicKey.kid) return envelope
          const payload = Buffer.from(envelope.split(".")[1] ?? "", "base64url")
          return yield* Effect.promise(() =>
            new CompactSign(payload).setProtectedHeader(headerOf(now)).sign(now.privateKey),
          )
        })

        const rename = Effect.fn("CommandSigner.rename")(function* (
          names: Parameters<CommandSigner["Service"]["rename"]>[0],
        ) {
          const now = yield* keys
          const iat = Math.floor(DateTime.toEpochMillis(yield* DateTime.now) / 1000)
          const renaming = encodeRenaming({ iss: options.issuer, iat, ...names })
          return yield* Effect.promise(() =>
            new SignJWT(renaming)
              .setProtectedHeader({ ...headerOf(now), typ: agentRenamingType })
              .sign(now.privateKey),
          )
        })

        return CommandSigner.of({
          issuer: options.issuer,
          keys,
          sign,
          renew,
          rename,
          rotationsAfter: (generation) =>
            Effect.map(keys, ({ statements }) => statements.slice(generation, generation + 100)),
        })
      }),
    )
}
