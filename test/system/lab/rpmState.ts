import * as Effect from "effect/Effect"
import type { Box } from "./Box.ts"
import { BoxError } from "./hostProcess.ts"

/** `[epoch:]version-release` by rpm itself, one line for each instance; "" for a package that is not installed. */
export const rpmVersion = (box: Box, name: string) =>
  box
    .run(["rpm", "--query", "--queryformat", "%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\n", name])
    .pipe(Effect.map(({ exitCode, stdout }) => (exitCode === 0 ? stdout.trim() : "")))

/** Erases every other package of the lab, so that "everything pending" is what a test is about. */
export const keepOnly = Effect.fnUntraced(function* (box: Box, names: ReadonlyArray<string>) {
  const { stdout } = yield* box.run(["rpm", "--query", "--all", "--queryformat", "%{NAME}\\n"])
  const others = [...new Set(stdout.split("\n"))].filter(
    (name) => /^(?:lab-|innocent|kernel)/.test(name) && name !== "lab-release" && !names.includes(name),
  )
  const erased = yield* box.run(["rpm", "--erase", "--nodeps", "--noscripts", "--allmatches", ...others])
  if (erased.exitCode !== 0) return yield* new BoxError({ what: `cannot erase: ${erased.stderr}` })
})
