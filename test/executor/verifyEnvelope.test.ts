import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { authenticate, authorize, idOfUntrusted } from "../../src/executor/verifyEnvelope.ts"
import { agentId, claims, commandId, makeSigner, otherAgentId } from "../fakes/CommandSigning.ts"

const health = { name: "health_check", parameters: {} }

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

describe("authenticate", () => {
  it.effect("accepts what a pinned key signed for this agent", () =>
    Effect.gen(function* () {
      const { anchor, seal } = yield* makeSigner
      const accepted = yield* authenticate(yield* seal(claims(1, health)), anchor)
      assert.strictEqual(accepted.jti, commandId(1))
      assert.strictEqual(accepted.aud, agentId)
    }),
  )

  it.effect("refuses another key, and never in the name of the command it claims to be", () =>
    Effect.gen(function* () {
      const { anchor } = yield* makeSigner
      const stranger = yield* makeSigner
      const envelope = yield* stranger.seal(claims(1, health), { kid: anchor.commandKeys[0].kid })
      const refusal = yield* Effect.flip(authenticate(envelope, anchor))
      assert.strictEqual(refusal.code, "bad_signature")
      assert.strictEqual(refusal.id, idOfUntrusted(envelope))
      assert.notStrictEqual(refusal.id, commandId(1))
    }),
  )

  it.effect("refuses alg none, HS256 with the public key as secret, and an unsigned body", () =>
    Effect.gen(function* () {
      const { anchor, key } = yield* makeSigner
      const body = base64url(claims(1, health))
      const forged = [
        `${base64url({ alg: "none", typ: "patchctl-command+jws", kid: key.kid })}.${body}.`,
        `${base64url({ alg: "HS256", typ: "patchctl-command+jws", kid: key.kid })}.${body}.${base64url("x")}`,
        body,
        "",
        "a.b.c",
      ]
      for (const envelope of forged) {
        const refusal = yield* Effect.flip(authenticate(envelope, anchor))
        assert.strictEqual(refusal.code, "bad_signature", envelope)
      }
    }),
  )

  it.effect("refuses a signed document of another type", () =>
    Effect.gen(function* () {
      const { anchor, seal } = yield* makeSigner
      const refusal = yield* Effect.flip(authenticate(yield* seal(claims(1, health), { typ: "JWT" }), anchor))
      assert.strictEqual(refusal.code, "bad_signature")
    }),
  )

  it.effect("refuses an envelope altered in any single character", () =>
    Effect.gen(function* () {
      const { anchor, seal } = yield* makeSigner
      const envelope = yield* seal(claims(1, health))
      // The last character of a base64url signature carries unused bits, which a strict decoder may ignore.
      for (let at = 0; at < envelope.length - 1; at++) {
        const altered = `${envelope.slice(0, at)}${envelope[at] === "A" ? "B" : "A"}${envelope.slice(at + 1)}`
        const refusal = yield* Effect.flip(authenticate(altered, anchor))
        assert.oneOf(refusal.code, ["bad_signature", "invalid"])
      }
    }),
  )

  it.effect("tells commands for another agent from forged ones", () =>
    Effect.gen(function* () {
      const { anchor, seal } = yield* makeSigner
      const envelope = yield* seal(claims(1, health, { aud: otherAgentId }))
      const refusal = yield* Effect.flip(authenticate(envelope, anchor))
      assert.strictEqual(refusal.code, "wrong_audience")
      assert.strictEqual(refusal.id, commandId(1))
    }),
  )

  it.effect("refuses another issuer, missing claims, extra claims, and an oversized envelope", () =>
    Effect.gen(function* () {
      const { anchor, seal } = yield* makeSigner
      const { aud: _, ...withoutAudience } = claims(1, health)
      const cases = [
        [claims(1, health, { iss: "cp_other" }), "bad_signature"],
        [withoutAudience, "invalid"],
        [{ ...claims(1, health), admin: true }, "invalid"],
        ["not json", "invalid"],
        [{ ...claims(1, health), padding: "x".repeat(300_000) }, "invalid"],
      ] as const
      for (const [payload, code] of cases) {
        const refusal = yield* Effect.flip(authenticate(yield* seal(payload), anchor))
        assert.strictEqual(refusal.code, code)
      }
    }),
  )

  it.effect.prop("refuses any text without failing otherwise", [Schema.String], ([text]) =>
    Effect.gen(function* () {
      const { anchor } = yield* makeSigner
      const refusal = yield* Effect.flip(authenticate(text, anchor))
      assert.strictEqual(refusal._tag, "Refusal")
    }),
  )
})

describe("authorize", () => {
  const refusalOf = (command: { readonly name: string; readonly parameters: unknown }) =>
    Effect.map(Effect.flip(authorize(claims(1, command))), ({ code }) => code)

  it.effect("knows the four commands", () =>
    Effect.gen(function* () {
      const commands = [
        health,
        { name: "check_updates", parameters: { refresh: "never" } },
        { name: "get_package_info", parameters: { packages: ["bash"] } },
        { name: "install_updates", parameters: { selection: { kind: "security" }, dry_run: true } },
      ]
      for (const command of commands) {
        assert.strictEqual((yield* authorize(claims(1, command))).name, command.name)
      }
    }),
  )

  it.effect("refuses every other command", () =>
    Effect.gen(function* () {
      for (const name of [
        "reboot",
        "run_script",
        "",
        "HEALTH_CHECK",
        "health_check ",
        "__proto__",
        "constructor",
      ]) {
        assert.strictEqual(yield* refusalOf({ name, parameters: {} }), "unknown_command")
      }
    }),
  )

  it.effect("refuses an extra property anywhere", () =>
    Effect.gen(function* () {
      const cases = [
        { name: "health_check", parameters: { verbose: true } },
        { name: "get_package_info", parameters: { packages: ["bash"], shell: "id" } },
        { name: "install_updates", parameters: { selection: { kind: "all", force: true } } },
        {
          name: "install_updates",
          parameters: { selection: { kind: "packages", packages: [{ name: "a", version: "1", x: 1 }] } },
        },
      ]
      for (const command of cases) assert.strictEqual(yield* refusalOf(command), "invalid")
    }),
  )

  it.effect("refuses package names that could be anything but a name", () =>
    Effect.gen(function* () {
      const names = [
        "-o",
        "--force-yes",
        "a;b",
        "$(x)",
        "../x",
        "x".repeat(300),
        "",
        "a b",
        "a\n",
        "a\0",
        "/etc/passwd",
        "`id`",
      ]
      for (const name of names) {
        assert.strictEqual(
          yield* refusalOf({ name: "get_package_info", parameters: { packages: [name] } }),
          "invalid",
          name,
        )
        const selection = { kind: "packages", packages: [{ name, version: "1" }] }
        assert.strictEqual(
          yield* refusalOf({ name: "install_updates", parameters: { selection } }),
          "invalid",
          name,
        )
      }
    }),
  )

  it.effect("refuses versions and patterns that could be options", () =>
    Effect.gen(function* () {
      for (const version of ["-1", "--x", "", "1 2", "1;2"]) {
        const selection = { kind: "packages", packages: [{ name: "bash", version }] }
        assert.strictEqual(
          yield* refusalOf({ name: "install_updates", parameters: { selection } }),
          "invalid",
          version,
        )
      }
      const parameters = { selection: { kind: "all" }, exclude: ["-o"] }
      assert.strictEqual(yield* refusalOf({ name: "install_updates", parameters }), "invalid")
    }),
  )

  it.effect(
    "takes what was signed by a clock that is as far ahead as one may be that requests are signed by",
    () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* authorize(claims(1, health, { iat: 300 }))).name, "health_check")
        const tomorrow = claims(1, health, { iat: 301 })
        assert.strictEqual((yield* Effect.flip(authorize(tomorrow))).code, "not_yet_valid")
      }),
  )

  it.effect("refuses what has expired or is not valid yet by this host's clock", () =>
    Effect.gen(function* () {
      const later = claims(1, health, { nbf: 100, iat: 100 })
      assert.strictEqual((yield* Effect.flip(authorize(later))).code, "not_yet_valid")
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual((yield* authorize(later)).name, "health_check")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Effect.flip(authorize(later))).code, "expired")
    }),
  )
})
