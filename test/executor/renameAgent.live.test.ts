import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { agentRenamingType } from "../../src/protocol/AgentRenaming.ts"
import { commandType } from "../../src/protocol/CommandEnvelope.ts"
import { keyRotationType } from "../../src/protocol/KeyRotation.ts"
import { AgentId } from "../../src/domain/Identifiers.ts"
import { agentId, issuer, makeSigner, organization, otherAgentId } from "../fakes/CommandSigning.ts"
import { keeper, type Signer } from "./pinsWorld.ts"

const thirdAgentId = AgentId.make("agt_00000000-0000-4000-8000-000000000003")

/** A statement of `signer` that this host is another agent now. */
const statement = (signer: Signer, changes: object = {}, header: Record<string, string> = {}) =>
  signer.seal(
    { iss: issuer, iat: 0, organization, from: agentId, to: otherAgentId, ...changes },
    { typ: agentRenamingType, ...header },
  )

describe("another agent id", () => {
  it.live(
    "takes the place of the one that is pinned by a statement of a pinned key, and that stays gone",
    () =>
      Effect.gen(function* () {
        const { ask, pinned, audit } = yield* keeper
        const signer = yield* makeSigner
        const { anchor } = signer
        yield* ask({ kind: "pin", anchor })
        const renamed = yield* statement(signer)
        assert.deepStrictEqual(yield* ask({ kind: "rename", statement: renamed }), { kind: "pinned" })
        assert.deepStrictEqual(yield* pinned, { ...anchor, agentId: otherAgentId })
        // Whoever carried it may not have heard that it was followed.
        assert.deepStrictEqual(yield* ask({ kind: "rename", statement: renamed }), { kind: "pinned" })
        assert.strictEqual((yield* ask({ kind: "pin", anchor })).kind, "refused")
        const next = yield* statement(signer, { from: otherAgentId, to: thirdAgentId })
        assert.deepStrictEqual(yield* ask({ kind: "rename", statement: next }), { kind: "pinned" })
        assert.strictEqual((yield* ask({ kind: "rename", statement: renamed })).kind, "refused")
        assert.deepStrictEqual(yield* pinned, { ...anchor, agentId: thirdAgentId })
        assert.deepStrictEqual(yield* audit, [
          "pinned pin",
          "renamed rename",
          "refused pin",
          "renamed rename",
          "refused rename",
        ])
      }).pipe(Effect.scoped),
  )

  it.live("takes its place by nothing else, and every try is in the audit log", () =>
    Effect.gen(function* () {
      const { ask, pinned, audit } = yield* keeper
      const signer = yield* makeSigner
      const stranger = yield* makeSigner
      const { anchor } = signer
      const genuine = yield* statement(signer)
      const [one = "", two = "", three = ""] = genuine.split(".")
      const hostile = yield* Effect.all({
        "signed by a stranger": statement(stranger),
        "by a stranger under the pinned name": statement(stranger, {}, { kid: signer.key.kid }),
        "of another issuer": statement(signer, { iss: "cp_other" }),
        "of another organisation": statement(signer, { organization: "org_other" }),
        "about another agent": statement(signer, { from: thirdAgentId }),
        "a command": statement(signer, {}, { typ: commandType }),
        "a change of keys": statement(signer, {}, { typ: keyRotationType }),
        "with something more": statement(signer, { aud: "x" }),
        "with half an id": statement(signer, { to: "agt_1" }),
        "with a key in its header": statement(signer, {}, { jku: "https://example.org" }),
        "without a signature": Effect.succeed(`${one}.${two}.`),
        "with more behind it": Effect.succeed(`${one}.${two}.${three}.${three}`),
        "too long": signer.seal(
          JSON.stringify({ iss: issuer, iat: 0, organization, from: agentId, to: otherAgentId }).padEnd(
            8_000,
          ),
          { typ: agentRenamingType },
        ),
        nothing: Effect.succeed(""),
      })
      const before = yield* ask({ kind: "rename", statement: genuine })
      assert.strictEqual(before.kind, "refused", "nothing is pinned yet")
      yield* ask({ kind: "pin", anchor })
      for (const [what, text] of Object.entries(hostile)) {
        assert.strictEqual((yield* ask({ kind: "rename", statement: text })).kind, "refused", what)
      }
      for (let index = 0; index < genuine.length; index += 1) {
        const other = genuine[index] === "A" ? "B" : "A"
        const altered = `${genuine.slice(0, index)}${other}${genuine.slice(index + 1)}`
        const answer = yield* ask({ kind: "rename", statement: altered })
        assert.strictEqual(answer.kind, "refused", `altered at ${index}`)
      }
      assert.deepStrictEqual(yield* pinned, anchor)
      const lines = yield* audit
      assert.notInclude(lines, "renamed rename")
      assert.isAtLeast(lines.filter((line) => line === "refused rename").length, 50)
    }).pipe(Effect.scoped),
  )
})
