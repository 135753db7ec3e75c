import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { Command, CommandName, RefusalCode } from "../domain/Command.ts"
import { CommandId } from "../domain/Identifiers.ts"
import { CommandClaims, commandType, envelopeLimitBytes } from "../protocol/CommandEnvelope.ts"
import { signatureSkewSeconds } from "../protocol/requestSignature.ts"
import type { TrustAnchor } from "../protocol/TrustAnchor.ts"
import { signedText } from "./signedText.ts"

/**
 * Why a command is not carried out. `id` is the command's own only when its signature is good: a forged envelope
 * must not be able to answer for a genuine one.
 */
export class Refusal extends Schema.TaggedError<Refusal>()("Refusal", {
  id: CommandId,
  /** Whether `id` is the command's own. */
  authentic: Schema.Boolean,
  command: Schema.String,
  code: RefusalCode,
  detail: Schema.String,
}) {
  override get message() {
    return `${this.code}: ${this.detail}`
  }
}

/** How far this host's clock may be behind the start of a command's validity, in seconds. */
export const clockToleranceSeconds = 60

/** How far it may be behind the moment of signing: as far as the server lets its requests be, so that a host that beats obeys. */
export const signedAheadSeconds = signatureSkewSeconds

/** A stable name for an envelope that cannot be trusted to name itself: shaped from its SHA-256. */
export const idOfUntrusted = (envelope: string): CommandId => {
  const hex = createHash("sha256").update(envelope).digest("hex")
  return CommandId.make(
    `cmd_${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`,
  )
}

const strictly = { onExcessProperty: "error" } as const
const decodePayload = Schema.decodeUnknownOption(Schema.fromJsonString(CommandClaims), strictly)
const decodeCommand = Schema.decodeUnknownEffect(Command, strictly)
const isCommandName = Schema.is(CommandName)

/** The name as it was asked, safe to print and to store. */
const printable = (name: string) => name.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 64)

/**
 * Checks who signed: JWS compact (RFC 7515), EdDSA only, `typ` of a command, nothing else in the header, a pinned key,
 * the pinned issuer and this agent as audience. What comes back is authentic, and may still be expired, replayed or
 * nonsense.
 */
export const authenticate = Effect.fn("authenticate")(function* (envelope: string, anchor: TrustAnchor) {
  const untrusted = (code: RefusalCode, detail: string) =>
    new Refusal({ id: idOfUntrusted(envelope), authentic: false, command: "unknown", code, detail })
  const unsigned = untrusted("bad_signature", "the envelope is not signed by a pinned command key")

  if (Buffer.byteLength(envelope) > envelopeLimitBytes) {
    return yield* untrusted("invalid", `the envelope is larger than ${envelopeLimitBytes} bytes`)
  }
  const signed = yield* signedText(envelope, commandType, anchor.commandKeys)
  if (Option.isNone(signed)) return yield* unsigned
  const claims = Option.getOrUndefined(Option.flatMap(signed.value.claims, decodePayload))
  if (claims === undefined) {
    return yield* untrusted("invalid", "the envelope is signed, but its claims are not of the expected shape")
  }
  if (claims.iss !== anchor.issuer) {
    return yield* untrusted("bad_signature", "the envelope comes from another issuer than the pinned one")
  }
  if (claims.aud !== anchor.agentId) {
    return yield* refusalOf(
      claims,
      "wrong_audience",
      `the command is for ${claims.aud}, this is ${anchor.agentId}`,
    )
  }
  return claims
})

/** The refusal of an authentic command. */
export const refusalOf = (claims: CommandClaims, code: RefusalCode, detail: string): Refusal =>
  new Refusal({ id: claims.jti, authentic: true, command: printable(claims.command.name), code, detail })

/** Checks an authentic command against the clock and the whitelist, and decodes its parameters strictly. */
export const authorize = Effect.fn("authorize")(function* (claims: CommandClaims) {
  const refuse = (code: RefusalCode, detail: string) => refusalOf(claims, code, detail)
  const now = DateTime.toEpochMillis(yield* DateTime.now) / 1000
  if (claims.exp <= now) {
    return yield* refuse(
      "expired",
      `the command expired ${Math.round(now - claims.exp)} s ago by this host's clock`,
    )
  }
  const validFrom = Math.max(claims.nbf - clockToleranceSeconds, claims.iat - signedAheadSeconds)
  if (validFrom > now) {
    const wait = Math.round(validFrom - now)
    return yield* refuse("not_yet_valid", `the command is valid in ${wait} s by this host's clock`)
  }
  if (!isCommandName(claims.command.name)) {
    return yield* refuse("unknown_command", `the agent knows only ${CommandName.literals.join(", ")}`)
  }
  return yield* Effect.mapError(decodeCommand(claims.command), (error) =>
    refuse("invalid", `the parameters are not of the expected shape: ${printableIssue(error.message)}`),
  )
})

/** A decoding message says what was expected and where, in the sender's names of properties: cut short and made printable. */
const printableIssue = (message: string) => message.replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, 300)
