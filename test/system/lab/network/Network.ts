import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fileURLToPath } from "node:url"
import { eventually } from "../../../eventually.ts"
import { BoxError, kill, start } from "../hostProcess.ts"
import type { Line } from "./relay.ts"

const relayProgram = fileURLToPath(new URL("relay.ts", import.meta.url))

/** The name and port that the agent knows its control plane by. */
export const serverName = "control-plane.test"
const port = 443

const agentAddress = "10.77.0.1"
export const serverAddress = "10.77.0.2"

const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

const environment = { PATH: process.env["PATH"] ?? "" }

/** Runs a program of the host to its end; one that fails is a fault of the lab. */
const run = Effect.fnUntraced(function* (argv: readonly [string, ...ReadonlyArray<string>], stdin?: string) {
  const program = yield* start(argv, {
    env: environment,
    stdin: stdin === undefined ? "null" : "open",
    stop: kill,
  })
  if (stdin !== undefined) yield* Effect.andThen(program.write(stdin), program.endInput)
  const exit = yield* program.exit
  if (exit === 0) return
  yield* program.closed
  return yield* new BoxError({ what: `${argv.join(" ")}: ${yield* program.stderr}` })
}, Effect.scoped)

/**
 * What the server's side does with packets of the agent (`in`) and its own (`out`): rules of nftables, `pass` is none.
 * Silence lets a connection come about and swallows what is sent through it.
 */
export const packetFaults = {
  pass: {},
  blackHole: { in: "drop", out: "drop" },
  lostOnTheWayThere: { in: "drop" },
  lostOnTheWayBack: { out: "drop" },
  oneInFiveLost: { in: "numgen random mod 100 < 20 drop", out: "numgen random mod 100 < 20 drop" },
  reset: { in: "meta l4proto tcp reject with tcp reset" },
  silence: { in: "meta l4proto tcp ip length > 80 drop" },
} as const satisfies Readonly<Record<string, { readonly in?: string; readonly out?: string }>>
export type PacketFault = keyof typeof packetFaults

const ruleset = (fault: { readonly in?: string; readonly out?: string }) => `
table inet lab
delete table inet lab
table inet lab {
  chain in { type filter hook input priority 0; ${fault.in === undefined ? "" : `iifname "eth0" ${fault.in};`} }
  chain out { type filter hook output priority 0; ${fault.out === undefined ? "" : `oifname "eth0" ${fault.out};`} }
}
`

/**
 * Two namespaces, one for the agent and one for its server, joined by a cable whose packets and bytes can be made to
 * suffer, and a second cable from here to the server that is always well. Gone with the scope.
 */
export const makeNetwork = Effect.fn("Network.make")(function* (number: number) {
  const name = `patchctl${process.pid}`
  const agent = `${name}-agent`
  const server = `${name}-server`
  const operatorLink = `pctl${process.pid}`
  const here = `198.18.${number}.1`
  const there = `198.18.${number}.2`

  const namespace = (id: string) =>
    Effect.acquireRelease(run(["ip", "netns", "add", id]), () =>
      Effect.ignore(run(["ip", "netns", "del", id])),
    )
  yield* namespace(agent)
  yield* namespace(server)
  const inServer = ["ip", "netns", "exec", server] as const
  for (const argv of [
    `link add eth0 netns ${agent} type veth peer name eth0 netns ${server}`,
    `link add ${operatorLink} type veth peer name eth1 netns ${server}`,
    `-n ${agent} addr add ${agentAddress}/24 dev eth0`,
    `-n ${server} addr add ${serverAddress}/24 dev eth0`,
    `-n ${server} addr add ${there}/30 dev eth1`,
    `addr add ${here}/30 dev ${operatorLink}`,
    ...[agent, server].flatMap((id) => [`-n ${id} link set lo up`, `-n ${id} link set eth0 up`]),
    `-n ${server} link set eth1 up`,
    `link set ${operatorLink} up`,
  ]) {
    yield* run(["ip", ...argv.split(" ")])
  }

  const relay = yield* start([...inServer, process.execPath, relayProgram, String(port)], {
    env: environment,
    stdin: "open",
    stop: kill,
  })
  yield* eventually("the relay listens", relay.stdout, (text) => text.includes("listening"))

  return {
    /** Before the arguments of a program that is to live on this side. */
    inAgent: ["ip", "netns", "exec", agent] as const,
    inServer,
    /** Where the server is to listen for whoever asks from here. */
    operatorAddress: there,
    /** Returns when it is so. */
    packets: (fault: PacketFault) => run([...inServer, "nft", "-f", "-"], ruleset(packetFaults[fault])),
    line: Effect.fnUntraced(function* (line: Line) {
      const text = encode(line)
      const before = (yield* relay.stdout).length
      yield* relay.write(`${text}\n`)
      yield* eventually("the relay obeys", relay.stdout, (told) => told.slice(before).includes(text))
    }),
    /** Each way; undefined for as fast as it goes. */
    rate: Effect.fnUntraced(function* (kilobits: number | undefined) {
      for (const id of [agent, server]) {
        const change =
          kilobits === undefined
            ? "del dev eth0 root"
            : `add dev eth0 root tbf rate ${kilobits}kbit burst 4kb latency 2s`
        yield* run(["tc", "-n", id, "qdisc", ...change.split(" ")])
      }
    }),
  }
})
export type Network = Effect.Success<ReturnType<typeof makeNetwork>>
