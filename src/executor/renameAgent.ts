import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AgentRenamingClaims, agentRenamingLimitBytes, agentRenamingType } from "../protocol/AgentRenaming.ts"
import type { TrustAnchor } from "../protocol/TrustAnchor.ts"
import { Ledger } from "../store/Ledger.ts"
import { Trust } from "../store/Trust.ts"
import { signedText } from "./signedText.ts"
import { idOfUntrusted } from "./verifyEnvelope.ts"

/** A renaming statement that changes nothing, and why. */
export class RenamingRefused extends Schema.TaggedError<RenamingRefused>()("RenamingRefused", {
  detail: Schema.String,
}) {
  override get message() {
    return `another agent id is refused: ${this.detail}`
  }
}

const decodeClaims = Schema.decodeUnknownOption(Schema.fromJsonString(AgentRenamingClaims), {
  onExcessProperty: "error",
})

/**
 * The claims of a statement about the agent of `anchor`: signed by a pinned command key, of the pinned issuer and the pinned
 * organisation, leading away from the pinned id, or to it. Nothing is said about time: no statement leads back.
 */
const verify = Effect.fn("renameAgent.verify")(function* (statement: string, anchor: TrustAnchor) {
  const refuse = (detail: string) => new RenamingRefused({ detail })
  if (Buffer.byteLength(statement) > agentRenamingLimitBytes) {
    return yield* refuse(`the statement is larger than ${agentRenamingLimitBytes} bytes`)
  }
  const signed = yield* signedText(statement, agentRenamingType, anchor.commandKeys)
  if (Option.isNone(signed)) return yield* refuse("the statement is not signed by a pinned command key")
  const claims = Option.getOrUndefined(Option.flatMap(signed.value.claims, decodeClaims))
  if (claims === undefined) return yield* refuse("its claims are not of the expected shape")
  if (claims.iss !== anchor.issuer) return yield* refuse("it comes from another issuer than the pinned one")
  if (claims.organization !== anchor.organization) {
    return yield* refuse(
      "the licence key belongs to another organisation than the pinned one: put the right key into the configuration or, if this host was handed over, remove trust.json and restart the agent",
    )
  }
  if (claims.from !== anchor.agentId && claims.to !== anchor.agentId) {
    return yield* refuse(`it is about ${claims.from}, this is ${anchor.agentId}`)
  }
  return claims
})

/** Follows a renaming statement: from now on commands for the id that it gives are obeyed, and for the old one none. */
export const renameAgent = Effect.fn("renameAgent")(function* (statement: string) {
  const ledger = yield* Ledger
  const trust = yield* Trust
  const line = { id: idOfUntrusted(statement), name: "rename" }

  const anchor = yield* trust.anchor
  const verified = Option.isNone(anchor)
    ? new RenamingRefused({ detail: "this host is not enrolled and has no command key" })
    : verify(statement, anchor.value)
  const { iss, from, to } = yield* Effect.tapError(verified, (error) =>
    ledger.audit({ ...line, issuer: "", event: "refused", outcome: error.message }),
  )
  // Whoever carried it before did not hear that it was followed.
  if (Option.exists(anchor, ({ agentId }) => agentId === to)) return
  yield* trust.rename({ from, to })
  yield* ledger.audit({ ...line, issuer: iss, event: "renamed", outcome: `${from} is now ${to}` })
})
