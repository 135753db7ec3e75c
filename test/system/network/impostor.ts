import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { type Answer, startServer } from "../../fakes/MisbehavingServer.ts"
import { impostorPorts, type ImpostorName } from "./impostorPorts.ts"

// Servers that stand where the control plane should. Argument: a directory with `good` and `bad` certificates and keys.
// Says which of them was sent a request.

const directory = process.argv[2] ?? ""

const certificate = (name: "good" | "bad") => ({
  pem: readFileSync(`${directory}/${name}.pem`, "utf8"),
  privateKeyPem: readFileSync(`${directory}/${name}.key`, "utf8"),
})

const told =
  (name: ImpostorName, answer: Answer): Answer =>
  (request, response, n) => {
    process.stdout.write(`${name}\n`)
    response.on("error", () => undefined)
    answer(request, response, n)
  }

const huge: Answer = (_, response) => response.end(Buffer.alloc(10 * 1024 * 1024, " "))

/** A byte a second, for ever. */
const drip: Answer = (_, response) => {
  response.writeHead(200, { "content-type": "application/json" })
  const timer = setInterval(() => response.write(" "), 1000)
  response.on("close", () => clearInterval(timer))
}

const silent: Answer = () => undefined

const serve = Effect.gen(function* () {
  const good = certificate("good")
  yield* startServer(certificate("bad"), told("untrusted", silent), {}, impostorPorts.untrusted)
  yield* startServer(good, told("oldTls", silent), { maxVersion: "TLSv1.2" }, impostorPorts.oldTls)
  yield* startServer(good, told("huge", huge), {}, impostorPorts.huge)
  yield* startServer(good, told("drip", drip), {}, impostorPorts.drip)
  yield* Console.log("listening")
  return yield* Effect.never
})

NodeRuntime.runMain(Effect.scoped(serve))
