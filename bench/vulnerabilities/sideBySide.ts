import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import { timeProgram } from "../measure/programCost.ts"
import { median, rounded } from "../measure/statistics.ts"
import type { Contender, Measured, Unit } from "./CorrelationReport.ts"
import { debsecanPeer } from "./debsecanPeer.ts"
import { fromSource, measureInProcess, runScan } from "./ours.ts"
import type { Peer } from "./Peer.ts"
import { publishHost, type PublishedHost } from "./publishHost.ts"
import { rpmPeers } from "./rpmPeers.ts"
import { syntheticDebian } from "./syntheticDebian.ts"
import { syntheticHost } from "./syntheticFeed.ts"

// Programs that answer the same question, about the same packages and by the same advisories, in one run.

const ourName = "patchctl"

/** What `npm run build` makes. */
const executable = `dist/linux-${process.arch}/patchctl-agent`

type Pairs = Readonly<Record<Unit, ReadonlyArray<string>>>

/** How much of `these` is not among `those`. */
const lacking = (these: ReadonlyArray<string>, those: ReadonlyArray<string>): number =>
  new Set(these).difference(new Set(those)).size

const inProcess = (host: string, { packedBytes }: PublishedHost, own: Measured): Contender => ({
  who: `${ourName}, in the running agent`,
  host,
  figures: {
    rounds: own.rounds,
    firstWall: own.firstWall,
    wall: own.wall,
    processor: own.processor,
    memory: { kilobytes: Math.max(own.firstKilobytesAboveIdle, own.kilobytesAboveIdle), of: "above idle" },
    dataBytes: packedBytes,
    // The matcher counts by what the feed is keyed by.
    unit: "package",
    found: own.matches,
  },
})

/** Runs all of them in turns, so that a busy moment of the machine falls on each. */
const race = Effect.fnUntraced(function* (
  host: string,
  peers: ReadonlyArray<Peer>,
  ours: Pairs,
  rounds: number,
) {
  const firsts = yield* Effect.forEach(peers, ({ run }) => run)
  const turns = yield* Effect.forEach(Array.from({ length: rounds }), () =>
    Effect.forEach(peers, ({ run }) => Effect.map(run, ({ cost }) => cost)),
  )
  return peers.map(({ who, unit, dataBytes }, at): Contender => {
    const costs = turns.flatMap((turn) => turn[at] ?? [])
    const first = firsts[at]
    const pairs = first?.pairs ?? []
    return {
      who,
      host,
      figures: {
        rounds,
        firstWall: rounded(first?.cost.wall ?? Number.NaN),
        wall: rounded(median(costs.map(({ wall }) => wall))),
        processor: rounded(median(costs.map(({ processor }) => processor))),
        memory: { kilobytes: Math.max(...costs.map(({ peakKilobytes }) => peakKilobytes)), of: "process" },
        dataBytes,
        unit,
        found: new Set(pairs).size,
        // Our own answer is what the others are compared with.
        ...(who.startsWith(ourName)
          ? {}
          : { onlyOurs: lacking(ours[unit], pairs), onlyTheirs: lacking(pairs, ours[unit]) }),
      },
    }
  })
})

interface Match<E, R> {
  readonly host: string
  readonly published: PublishedHost
  /** What the others count by. */
  readonly unit: Unit
  /** The programs to compare with, and what they need. */
  readonly others: ReadonlyArray<string>
  readonly needs: ReadonlyArray<string>
  readonly needsRoot: boolean
  readonly peers: Effect.Effect<ReadonlyArray<Peer>, E, R>
}

/** Why the other programs cannot be measured here. */
const obstacle = Effect.fnUntraced(function* (programs: ReadonlyArray<string>, needsRoot: boolean) {
  const files = yield* FileSystem.FileSystem
  for (const program of programs) {
    if (!(yield* files.exists(program))) return `not installed: ${program}`
  }
  return needsRoot && process.getuid?.() !== 0 ? "needs root" : undefined
})

const compare = Effect.fnUntraced(function* <E, R>(match: Match<E, R>, rounds: number) {
  const { host, published, unit, others } = match
  const first = inProcess(host, published, yield* measureInProcess(published, 21))
  const absent = (problem: string) => others.map((who): Contender => ({ who, host, problem }))
  const noTime = yield* obstacle([timeProgram], false)
  if (noTime !== undefined) return [first, ...absent(noTime)]

  const { pairs } = yield* runScan(fromSource, published)
  const scan = (how: string, patchctl: ReadonlyArray<string>): Peer => ({
    who: `${ourName} scan --inventory, ${how}`,
    unit,
    dataBytes: published.packedBytes,
    run: Effect.map(runScan(patchctl, published), (ran) => ({ cost: ran.cost, pairs: ran.pairs[unit] })),
  })
  const files = yield* FileSystem.FileSystem
  const own = [
    scan("from source", fromSource),
    ...((yield* files.exists(executable)) ? [scan("executable", [executable])] : []),
  ]
  const problem = yield* obstacle(match.needs, match.needsRoot)
  const peers = problem === undefined ? yield* Effect.exit(match.peers) : Exit.succeed([])
  const rows = yield* race(host, [...own, ...(Exit.isSuccess(peers) ? peers.value : [])], pairs, rounds)
  if (Exit.isFailure(peers)) return [first, ...rows, ...absent(Cause.pretty(peers.cause))]
  return [first, ...rows, ...(problem === undefined ? [] : absent(problem))]
}, Effect.scoped)

/** Every program on a host that it can judge. Programs that are not there have a row that says so. */
export const sideBySide = Effect.fnUntraced(function* (rounds: number) {
  const alma = yield* publishHost(syntheticHost({ advisories: 1_800, installed: 300, facts: "exploited" }))
  const debian = syntheticDebian({ pairs: 24_000, installed: 300 })
  const rpm = yield* compare(
    {
      host: "AlmaLinux 9",
      published: alma,
      unit: "package",
      others: ["dnf", "zypper"],
      needs: ["/usr/bin/rpmbuild", "/usr/bin/createrepo_c", "/usr/bin/modifyrepo_c", "/usr/bin/mmdebstrap"],
      needsRoot: true,
      peers: rpmPeers(alma),
    },
    rounds,
  )
  const deb = yield* compare(
    {
      host: "Debian 12",
      published: yield* publishHost(debian),
      unit: "installed package",
      others: ["debsecan"],
      needs: ["/usr/bin/debsecan"],
      needsRoot: false,
      peers: debsecanPeer(debian),
    },
    rounds,
  )
  return [...rpm, ...deb]
}, Effect.scoped)
