import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { createHash } from "node:crypto"
import { runOnHost } from "../runOnHost.ts"

const checkout = `${import.meta.dirname}/../../..`
const dist = `${checkout}/dist`

/** What `npm run build` makes. */
export const built = {
  executable: `${dist}/linux-${process.arch}/patchctl-agent`,
  /** The folder of the executable alone, to be shown inside a machine. */
  folder: `${dist}/linux-${process.arch}`,
  agentBundle: `${dist}/bundle/patchctl-agent.cjs`,
  controlPlaneBundle: `${dist}/bundle/patchctl-control-plane.mjs`,
  ingredients: `${dist}/ingredients.json`,
} as const

const sources = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const hash = createHash("sha256")
  for (const folder of ["src", "scripts"]) {
    const names = yield* files.readDirectory(`${checkout}/${folder}`, { recursive: true })
    for (const name of names.filter((path) => /\.(?:c|m)?[jt]s$/.test(path)).sort()) {
      hash.update(`${folder}/${name}\n`).update(yield* files.readFile(`${checkout}/${folder}/${name}`))
    }
  }
  return hash.update(yield* files.readFile(`${checkout}/package-lock.json`)).digest("hex")
})

/** Builds unless `dist/` is made of these very sources; who comes at the same time waits. */
export const buildOnce = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  yield* files.makeDirectory(dist, { recursive: true })
  const now = yield* sources
  const made = Effect.orElseSucceed(files.readFileString(`${dist}/made-of`), () => "")
  if ((yield* made) === now) return
  const script = `[ "$(cat "$1" 2>/dev/null)" = "$2" ] || { "$3" "$4" && printf %s "$2" >"$1"; }`
  const build = [process.execPath, `${checkout}/scripts/build.ts`] as const
  yield* runOnHost("flock", `${dist}/lock`, "sh", "-c", script, "sh", `${dist}/made-of`, now, ...build)
}).pipe(Effect.provide(NodeServices.layer))
