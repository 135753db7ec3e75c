import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { Box } from "../../test/system/lab/Box.ts"
import {
  boxWith,
  dnfCves,
  type Host,
  inside,
  prepare,
  zypperPatches,
} from "../../test/system/vulnerability/rpmTools.ts"
import { programCost, timed, timeProgram } from "../measure/programCost.ts"
import type { Peer } from "./Peer.ts"
import type { SyntheticHost } from "./syntheticFeed.ts"

/** The feed as the advisories that updateinfo.xml is made of. */
const advisoriesOf = ({ feed }: SyntheticHost) => {
  const fixes = Map.groupBy(
    feed.packages.flatMap(({ name, rows }) => rows.map((row) => ({ name, ...row }))),
    ({ advisory }) => advisory,
  )
  return feed.advisories.map(({ id, title, date, cves }, at) => ({
    id,
    title,
    date,
    cves,
    fixes: (fixes.get(at) ?? []).map(({ name, fixed = "0", module }) => ({
      name,
      fixed,
      ...(module === undefined ? {} : { module }),
    })),
  }))
}

/** The streams that the installed packages are of, `nodejs:18`. */
const enabledStreams = ({ packages }: SyntheticHost) => [
  ...new Set(packages.flatMap(({ module }) => module?.split(":").slice(0, 2).join(":") ?? [])),
]

const hostOf = (host: SyntheticHost): Host => ({
  name: "host",
  rows: host.packages.map(({ name, version, module }) => ({
    name,
    version,
    ...(module === undefined ? {} : { label: module }),
  })),
  enabled: enabledStreams(host),
})

const repository = "repository"

/** What a host downloads to know its advisories and its modules; not the list of packages, which here is empty. */
const downloaded = Effect.fnUntraced(function* (folder: string) {
  const files = yield* FileSystem.FileSystem
  const names = yield* files.readDirectory(`${folder}/${repository}/repodata`)
  const sizes = yield* Effect.forEach(
    names.filter((name) => /updateinfo|modules/.test(name)),
    (name) => files.stat(`${folder}/${repository}/repodata/${name}`),
  )
  return sizes.reduce((sum, { size }) => sum + Number(size), 0)
})

const costFile = "/root/cost"

/** A box in which every program is measured; the cost of the last is in a file. */
const measuring = (box: Box): Box => ({
  ...box,
  run: (argv, options) => box.run(timed(costFile, argv, `${inside}/time`), options),
})

/** dnf and zypper, each in a throw-away machine with the packages of the host and a repository of its advisories. */
export const rpmPeers = Effect.fnUntraced(function* (synthetic: SyntheticHost) {
  const files = yield* FileSystem.FileSystem
  const host = hostOf(synthetic)
  const folder = yield* prepare([host], [{ name: repository, advisories: advisoriesOf(synthetic) }])
  yield* files.copyFile(timeProgram, `${folder}/time`)
  yield* files.chmod(`${folder}/time`, 0o755)
  const dataBytes = yield* downloaded(folder)
  const dnf = yield* boxWith("trixie-dnf", folder, [host])
  const zypper = yield* boxWith("sid-zypper", folder, [host])
  const cost = (box: Box) => Effect.map(box.readFile(costFile), programCost)
  const peers: ReadonlyArray<Peer> = [
    {
      who: "dnf 4.23",
      unit: "package",
      dataBytes,
      run: Effect.gen(function* () {
        const pairs = yield* dnfCves(measuring(dnf), host, repository)
        return { pairs, cost: yield* cost(dnf) }
      }),
    },
    {
      who: "zypper 1.14.101",
      unit: "advisory",
      dataBytes,
      // The last of its runs lists the patches; what it prepares for that is not counted.
      run: Effect.gen(function* () {
        const pairs = yield* zypperPatches(measuring(zypper), host, repository)
        return { pairs, cost: yield* cost(zypper) }
      }),
    },
  ]
  return peers
})
