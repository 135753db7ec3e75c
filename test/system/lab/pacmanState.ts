import * as Effect from "effect/Effect"
import type { Box } from "./Box.ts"
import { BoxError } from "./hostProcess.ts"

/** pacman 6.0, 7.0 and 7.1. */
export const pacmanRoots = ["bookworm-pacman", "trixie-pacman", "sid-pacman"]

/** Exactly what a lab root has installed of its own: nothing of a Debian system is in pacman's database. */
const alwaysCurrent = "lab-foreign"

/** The installed version; "" for a package that is not. */
export const version = (box: Box, name: string) =>
  box
    .run(["pacman", "-Q", "--", name])
    .pipe(Effect.map(({ stdout }) => stdout.trim().split(" ")[1] ?? ""))

export const versions = (box: Box, names: ReadonlyArray<string>) =>
  Effect.forEach(names, (name) => version(box, name))

/** Enables the repository of packages that spoil every upgrade, as an administrator would. */
export const enableExtra = Effect.fnUntraced(function* (box: Box) {
  yield* box.run(["sed", "-i", "/lab-extra/,$ s/^#//", "/etc/pacman.conf"])
  const { exitCode, stderr } = yield* box.run(["pacman", "-Sy"])
  if (exitCode !== 0) return yield* new BoxError({ what: `cannot enable lab-extra: ${stderr}` })
})

/** Removes every other package, so that "everything pending" is what a test is about. Nothing of lab-foreign is. */
export const keepOnly = Effect.fnUntraced(function* (box: Box, names: ReadonlyArray<string>) {
  const { stdout } = yield* box.run(["pacman", "-Qq"])
  const others = stdout
    .split("\n")
    .filter((name) => name !== "" && name !== alwaysCurrent && !names.includes(name))
  const removed = yield* box.run(["pacman", "-Rdd", "--noconfirm", ...others])
  if (removed.exitCode !== 0) return yield* new BoxError({ what: `cannot remove: ${removed.stderr}` })
})
