import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { beatOutcome, idleReply, transport } from "../../fakes/agentTransport.ts"
import { caFile } from "../../fakes/caFile.ts"
import { json, startServer } from "../../fakes/MisbehavingServer.ts"
import { issueCertificate, type TestCertificate } from "../../fakes/TestPki.ts"

const spare = `sha256/${"A".repeat(43)}=`
const localhost = ["localhost"]

/** Beats at a server that sends `chain`, leaf first, for an agent that trusts `root` and has these pins. */
const beatPinned = Effect.fnUntraced(function* (
  chain: readonly [TestCertificate, ...ReadonlyArray<TestCertificate>],
  root: TestCertificate,
  pins: ReadonlyArray<string>,
) {
  const pem = chain.map((certificate) => certificate.pem).join("\n")
  const server = yield* startServer({ ...chain[0], pem }, (_, response) => json(response, idleReply))
  const config = { api_url: server.url, ca_file: yield* caFile(root), pins }
  return yield* Effect.provide(beatOutcome, transport({ config }))
})

const makeChain = Effect.gen(function* () {
  const root = yield* issueCertificate({ subject: "Root", authority: true })
  const between = yield* issueCertificate({ subject: "Between", authority: true, issuer: root })
  const leaf = yield* issueCertificate({ subject: "leaf", hosts: localhost, issuer: between })
  return { root, between, leaf }
})

/** Certificates for the root's name and key that seem to link it to the pinned CA. */
const forgeries: Readonly<
  Record<string, (root: TestCertificate, pinned: TestCertificate) => ReturnType<typeof issueCertificate>>
> = {
  "that the pinned CA never signed": ({ keys }, pinned) =>
    Effect.flatMap(issueCertificate({ subject: "Stranger" }), (stranger) =>
      issueCertificate({
        subject: "Root",
        keys,
        authority: true,
        issuer: {
          subject: pinned.subject,
          keys: { publicKey: pinned.keys.publicKey, privateKey: stranger.keys.privateKey },
        },
      }),
    ),
  "that is no CA certificate": ({ keys }, pinned) =>
    issueCertificate({ subject: "Root", keys, issuer: pinned }),
  "that has expired": ({ keys }, pinned) =>
    issueCertificate({ subject: "Root", keys, authority: true, issuer: pinned, from: -3, until: -1 }),
}

describe("a pin", () => {
  it.live(
    "matches the key of the leaf, of an intermediate or of the root that the server does not send",
    () =>
      Effect.gen(function* () {
        const { root, between, leaf } = yield* makeChain
        for (const { pin } of [leaf, between, root]) {
          assert.strictEqual(yield* beatPinned([leaf, between], root, [spare, pin]), "answered")
        }
      }),
  )

  it.live("that matches no key refuses the server: pin_mismatch", () =>
    Effect.gen(function* () {
      const { root, between, leaf } = yield* makeChain
      assert.strictEqual(yield* beatPinned([leaf, between], root, [spare]), "pin_mismatch")
    }),
  )

  it.live("does not replace the check of the name", () =>
    Effect.gen(function* () {
      const root = yield* issueCertificate({ subject: "Root", authority: true })
      const leaf = yield* issueCertificate({ subject: "leaf", hosts: ["other.example.com"], issuer: root })
      assert.strictEqual(yield* beatPinned([leaf], root, [leaf.pin]), "wrong_name")
    }),
  )

  it.live("does not replace the check of the issuer", () =>
    Effect.gen(function* () {
      const { root, leaf } = yield* makeChain
      const alone = yield* issueCertificate({ subject: "alone", hosts: localhost })
      assert.strictEqual(yield* beatPinned([alone], root, [alone.pin]), "self_signed")
      assert.strictEqual(yield* beatPinned([leaf], root, [leaf.pin]), "untrusted_issuer")
    }),
  )

  it.live("is not met by a pinned certificate that the server merely sends along", () =>
    Effect.gen(function* () {
      const { root, between, leaf } = yield* makeChain
      const pinned = yield* issueCertificate({ subject: "Pinned", authority: true })
      assert.strictEqual(yield* beatPinned([leaf, between, pinned], root, [pinned.pin]), "pin_mismatch")
    }),
  )

  for (const [name, forge] of Object.entries(forgeries)) {
    it.live(`is not met by a link to the pinned CA ${name}`, () =>
      Effect.gen(function* () {
        const root = yield* issueCertificate({ subject: "Root", authority: true })
        const leaf = yield* issueCertificate({ subject: "leaf", hosts: localhost, issuer: root })
        const pinned = yield* issueCertificate({ subject: "Pinned", authority: true })
        // OpenSSL takes the root it knows, but Node shows the certificates that were sent.
        const chain = [leaf, yield* forge(root, pinned), pinned] as const
        assert.strictEqual(yield* beatPinned(chain, root, [pinned.pin]), "pin_mismatch")
        assert.strictEqual(yield* beatPinned(chain, root, [leaf.pin]), "answered")
      }),
    )
  }
})
