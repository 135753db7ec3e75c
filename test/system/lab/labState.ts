import * as Effect from "effect/Effect"
import type { Box } from "./Box.ts"
import { BoxError } from "./hostProcess.ts"

/** apt 2.2, 2.6 and 3.0. */
export const labRoots = ["bullseye-lab", "bookworm-lab", "trixie-lab"]

/** dpkg's three status letters ("ii", "iU", "rc", with the third only when set); "" for a package it does not know. */
export const status = (box: Box, name: string) =>
  box
    .run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", name])
    .pipe(Effect.map(({ stdout }) => stdout.trim()))

export const statuses = (box: Box, names: ReadonlyArray<string>) =>
  Effect.forEach(names, (name) => status(box, name))

export const version = (box: Box, name: string) =>
  box.run(["dpkg-query", "-W", "-f", "${Version}", name]).pipe(Effect.map(({ stdout }) => stdout))

/** Purges every other package of the lab, so that "everything pending" is what a test is about. */
export const keepOnly = Effect.fnUntraced(function* (box: Box, names: ReadonlyArray<string>) {
  const { stdout } = yield* box.run([
    "dpkg-query",
    "-W",
    "-f",
    "${Package}\n",
    "lab-*",
    "innocent*",
    "linux-image-lab",
  ])
  const others = stdout.split("\n").filter((name) => name !== "" && !names.includes(name))
  const purge = yield* box.run(["dpkg", "--purge", "--force-depends", ...others])
  if (purge.exitCode !== 0) return yield* new BoxError({ what: `cannot purge: ${purge.stderr}` })
})

/** The Inst and Remv lines of a simulated dist-upgrade, by package name. */
export const plan = (box: Box, options: ReadonlyArray<string> = []) =>
  box.run(["apt-get", "-s", "-o", "APT::Get::Show-User-Simulation-Note=0", ...options, "dist-upgrade"]).pipe(
    Effect.map(
      ({ stdout }) =>
        new Map(
          stdout.split("\n").flatMap((line) => {
            const name = /^(?:Inst|Remv) (\S+)/.exec(line)?.[1]
            return name === undefined ? [] : [[name, line] as const]
          }),
        ),
    ),
  )

/** What `apt list --upgradable` names. */
export const upgradable = (box: Box) =>
  box.run(["apt", "list", "--upgradable"]).pipe(
    Effect.map(({ stdout }) =>
      stdout
        .split("\n")
        .filter((line) => line.includes("/"))
        .map((line) => line.split("/")[0]),
    ),
  )

/** apt-get as an agent would call it: no questions, no terminal. */
export const aptGet = (box: Box, ...args: ReadonlyArray<string>) =>
  box.run(["apt-get", "-y", ...args], { env: { DEBIAN_FRONTEND: "noninteractive" } })
