import * as Effect from "effect/Effect"
import type { Box } from "./Box.ts"
import { BoxError } from "./hostProcess.ts"

/** pacman 6.0 and 7.1; with PATCHCTL_LAB_ALL=1 also 7.0. */
export const pacmanRoots = [
  "bookworm-pacman",
  ...(process.env["PATCHCTL_LAB_ALL"] === "1" ? ["trixie-pacman"] : []),
  "sid-pacman",
]

/** Stays installed in every box: no repository has it, so nothing of it is ever pending. */
const foreign = "lab-foreign"

/** The installed version; "" for a package that is not. */
export const version = (box: Box, name: string) =>
  box.run(["pacman", "-Q", "--", name]).pipe(Effect.map(({ stdout }) => stdout.trim().split(" ")[1] ?? ""))

/** What a script says in the box; it has to succeed. */
export const sh = Effect.fnUntraced(function* (box: Box, script: string) {
  const { exitCode, stdout, stderr } = yield* box.run(["bash", "-euc", script])
  return exitCode === 0 ? stdout : yield* new BoxError({ what: `${script}: ${stderr}` })
})

/** Enables the repository of packages that spoil every upgrade, as an administrator would. */
export const enableExtra = Effect.fnUntraced(function* (box: Box) {
  yield* sh(box, "sed -i '/lab-extra/,$ s/^#//' /etc/pacman.conf; pacman -Sy")
})

/** Removes every other package, so that "everything pending" is what a test is about. */
export const keepOnly = Effect.fnUntraced(function* (box: Box, names: ReadonlyArray<string>) {
  const { stdout } = yield* box.run(["pacman", "-Qq"])
  const others = stdout.split("\n").filter((name) => name !== "" && name !== foreign && !names.includes(name))
  const removed = yield* box.run(["pacman", "-Rdd", "--noconfirm", ...others])
  if (removed.exitCode !== 0) return yield* new BoxError({ what: `cannot remove: ${removed.stderr}` })
})

/** Adds a line to the `[options]` of pacman.conf. */
export const configure = (box: Box, line: string) =>
  sh(box, `sed -i '/^Architecture/a ${line}' /etc/pacman.conf`)
