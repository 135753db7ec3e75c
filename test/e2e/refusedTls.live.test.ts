import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { issueCertificate, makePki } from "../fakes/TestPki.ts"
import { caFile } from "../fakes/caFile.ts"
import { startServer } from "../fakes/MisbehavingServer.ts"
import { enrolledAs, loopOf, makeAgentHome } from "./AgentProcess.ts"
import { startHostile } from "../fakes/HostileControlPlane.ts"
import { Programs } from "./Programs.ts"

const here = ["localhost", "127.0.0.1"]

layer(Programs.layer, { excludeTestServices: true })("an agent whose server is not to be trusted", (it) => {
  it.effect(
    "says what is wrong, sends nothing, goes on trying at its schedule, and enrols as soon as all is well",
    () =>
      Effect.gen(function* () {
        const programs = yield* Programs
        const { root, server: good } = yield* makePki
        const issue = (order: Partial<Parameters<typeof issueCertificate>[0]>) =>
          issueCertificate({ subject: "server", hosts: here, issuer: root, ...order })
        const old = { maxVersion: "TLSv1.2" } as const
        const situations = [
          ["tls_version", "does not offer TLS 1.3", good, old],
          [
            "self_signed",
            "presents a self-signed certificate",
            yield* issueCertificate({ subject: "alone", hosts: here }),
            {},
          ],
          [
            "wrong_name",
            "presents a certificate for another name",
            yield* issue({ hosts: ["other.example.com"] }),
            {},
          ],
          [
            "certificate_expired",
            "presents an expired certificate",
            yield* issue({ from: -30, until: -1 }),
            {},
          ],
          ["pin_mismatch", "has a key that is not among the configured pins", yield* issue({}), {}],
        ] as const

        const { port } = yield* Effect.scoped(startServer(good, () => undefined))
        const home = yield* makeAgentHome({
          api_url: `https://localhost:${port}`,
          ca_file: yield* caFile(root),
          pins: [good.pin],
        })
        const daemon = yield* home.start()
        yield* Effect.gen(function* () {
          for (const [code, complaint, certificate, tls] of situations) {
            yield* Effect.gen(function* () {
              const server = yield* startServer(certificate, () => undefined, tls, port)
              const seen = yield* home.says(complaint, daemon.pid, (status) =>
                String(loopOf(status, "heartbeat")?.lastError).includes(`localhost:${port} ${complaint}`),
              )
              const failures = loopOf(seen, "heartbeat")?.consecutiveFailures ?? 0
              yield* home.says(`two more tries, although it ${complaint}`, daemon.pid, (status) => {
                const beat = loopOf(status, "heartbeat")
                return (beat?.consecutiveFailures ?? 0) >= failures + 2
              })
              assert.deepStrictEqual(server.received, [])
              const logged = `error=TlsRefused code=${code} reason="localhost:${port} ${complaint}`
              assert.include(yield* daemon.stderr, logged)
            }).pipe(Effect.scoped)
          }
          yield* startHostile(good, port)
          yield* enrolledAs(home, daemon.pid)
        }).pipe(programs.withLogs)
      }),
  )
})
