import * as Effect from "effect/Effect"
import type { RefusalCode } from "../../src/domain/Command.ts"
import type { CommandId } from "../../src/domain/Identifiers.ts"
import { idOfUntrusted } from "../../src/executor/verifyEnvelope.ts"
import { type CommandClaims, commandType } from "../../src/protocol/CommandEnvelope.ts"
import { claims, commandId, makeSigner, otherAgentId } from "./CommandSigning.ts"

/** One envelope that must not lead to anything but a refusal. */
export interface HostileEnvelope {
  readonly what: string
  readonly envelope: string
  /** The id under which the refusal is reported: the command's own only where its signature is good. */
  readonly id: CommandId
  readonly code: RefusalCode
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

type Signer = Effect.Success<typeof makeSigner>

const good: CommandClaims["command"] = { name: "health_check", parameters: {} }

/** How commands for the agent of `signer` are made at `now`, in seconds since the epoch. */
const desk = (signer: Signer, now: number) => {
  const order = (number: number, command = good, changes: Partial<CommandClaims> = {}) =>
    claims(number, command, { iat: now, nbf: now, exp: now + 3600, ...changes })
  return {
    order,
    /** Signed by the pinned key, so the refusal names the command. */
    signed: (
      what: string,
      code: RefusalCode,
      number: number,
      command?: CommandClaims["command"],
      changes?: Partial<CommandClaims>,
    ) =>
      Effect.map(signer.seal(order(number, command, changes)), (envelope): HostileEnvelope => ({
        what,
        code,
        envelope,
        id: commandId(number),
      })),
    /** Without proof of where it comes from: not even its id is believed. */
    forged: (what: string, code: RefusalCode, envelope: Effect.Effect<string>) =>
      Effect.map(envelope, (text): HostileEnvelope => ({
        what,
        code,
        envelope: text,
        id: idOfUntrusted(text),
      })),
  }
}

/** One of each kind of command that must be refused. */
export const hostileEnvelopes = Effect.fn("hostileEnvelopes")(function* (signer: Signer, now: number) {
  const { order, signed, forged } = desk(signer, now)
  const stranger = yield* makeSigner
  const none = base64url({ alg: "none", typ: commandType, kid: signer.key.kid })
  return yield* Effect.all([
    signed("an unknown command", "unknown_command", 1, { name: "run_shell", parameters: { script: "id" } }),
    signed("a command for another agent", "wrong_audience", 2, good, { aud: otherAgentId }),
    signed("an expired command", "expired", 3, good, { iat: now - 7200, nbf: now - 7200, exp: now - 3600 }),
    signed("a command of tomorrow", "not_yet_valid", 4, good, { nbf: now + 86_400, exp: now + 90_000 }),
    signed("an extra parameter", "invalid", 5, { name: "health_check", parameters: { script: "id" } }),
    signed("an option as a package name", "invalid", 6, {
      name: "install_updates",
      parameters: { selection: { kind: "packages", packages: [{ name: "-o", version: "1" }] } },
    }),
    forged("an unsigned command", "bad_signature", Effect.succeed(`${none}.${base64url(order(7))}.`)),
    forged(
      "a command signed by another key under the name of the pinned one",
      "bad_signature",
      stranger.seal(order(8), { kid: signer.key.kid }),
    ),
    forged("an extra claim", "invalid", signer.seal({ ...order(9), script: "id" })),
  ])
})

/** Package names that would mean something else to a package manager, a shell or a file system. */
const hostileNames = ["-o", "--force-yes", "a;b", "$(x)", "../x", "a".repeat(300)]

/** More of the same kinds, in other ways. */
export const moreHostileEnvelopes = Effect.fn("moreHostileEnvelopes")(function* (
  signer: Signer,
  now: number,
) {
  const { order, signed, forged } = desk(signer, now)
  const stranger = yield* makeSigner
  const tampered = Effect.map(signer.seal(order(31)), (envelope) => {
    const [header, , signature] = envelope.split(".")
    return `${header}.${base64url(order(32))}.${signature}`
  })
  return yield* Effect.all([
    ...hostileNames.map((name, index) =>
      signed(`the package name ${name.slice(0, 12)}`, "invalid", 20 + index, {
        name: "get_package_info",
        parameters: { packages: [name] },
      }),
    ),
    signed("an extra parameter of an installation", "invalid", 30, {
      name: "install_updates",
      parameters: { selection: { kind: "all" }, dry_run: true, options: ["-o", "DPkg::Pre-Invoke=id"] },
    }),
    forged("a changed command under a good signature", "bad_signature", tampered),
    forged("a command signed by another key", "bad_signature", stranger.seal(order(33))),
    forged(
      "another signed document",
      "bad_signature",
      signer.seal(order(34), { typ: "patchctl-rotation+jws" }),
    ),
    forged(
      "a command of another control plane",
      "bad_signature",
      signer.seal(order(35, good, { iss: "cp_other" })),
    ),
  ])
})
