import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { runOnHost } from "../../test/system/runOnHost.ts"
import { bounded, debsecanFile, statusFile } from "../../test/system/vulnerability/debsecanData.ts"
import { programCost, timed } from "../measure/programCost.ts"
import type { Peer } from "./Peer.ts"
import type { DebianHost } from "./syntheticDebian.ts"

/** debsecan on this machine, with a list of issues and a status file of its own. */
export const debsecanPeer = Effect.fnUntraced(function* ({ issues, packages }: DebianHost) {
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-bench-" })
  const data = debsecanFile(bounded(issues))
  yield* files.writeFile(`${folder}/suite`, data)
  yield* files.writeFileString(`${folder}/status`, statusFile(packages))
  const version = yield* runOnHost("dpkg-query", "--show", "--showformat=${Version}", "debsecan")
  const nobodys = ["--config", "/dev/null", "--whitelist", `${folder}/none`]
  const from = ["--suite", "suite", "--source", `file://${folder}/`, "--status", `${folder}/status`]
  const argv = timed(`${folder}/cost`, ["debsecan", ...nobodys, ...from, "--format", "simple"])
  const peer: Peer = {
    who: `debsecan ${version}`,
    unit: "installed package",
    dataBytes: data.length,
    run: Effect.gen(function* () {
      const stdout = yield* runOnHost(...argv)
      const cost = programCost(yield* files.readFileString(`${folder}/cost`))
      return { cost, pairs: stdout.split("\n").filter((line) => line !== "") }
    }),
  }
  return [peer]
})
