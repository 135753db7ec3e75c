import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InstallUpdates } from "../../src/domain/Command.ts"
import type { InstallPlan, InstallReport } from "../../src/domain/InstallPlan.ts"
import type { AvailableUpdate } from "../../src/domain/Update.ts"
import type { PackageManager } from "../../src/package-manager/PackageManager.ts"
import * as Box from "./lab/Box.ts"
import type { MakeOptions } from "./lab/powerOn.ts"
import { enableExtra, keepOnly } from "./lab/pacmanState.ts"
import { boxManager } from "./managers/boxManager.ts"

// A pacman host in a box, and its answers picked apart.

type Manager = PackageManager["Service"]

export const request = Schema.decodeUnknownSync(InstallUpdates)
export const all = request({ selection: { kind: "all" } })
export const named = (...names: ReadonlyArray<string>) =>
  request({
    selection: { kind: "packages", packages: names.map((name) => ({ name, version: "1.1-1" })) },
  })

/** A box in which only these packages have anything pending, and the backend at work in it. */
export const hostWith = Effect.fnUntraced(function* (
  root: string,
  names: ReadonlyArray<string>,
  options: MakeOptions = {},
) {
  const box = yield* Box.make(root, options)
  yield* enableExtra(box)
  yield* keepOnly(box, names)
  return { box, ...(yield* boxManager(box, "pacman")) }
})

export const apply = (manager: Manager, plan: InstallPlan) =>
  manager.apply(plan, { repair: false, report: () => Effect.void })

/** Plans everything, checks that nothing stands against it, and applies it. */
export const upgrade = Effect.fnUntraced(function* (manager: Manager) {
  const { plan, preflight } = yield* manager.plan(all)
  assert.deepStrictEqual(preflight, [])
  assert.isNotEmpty(plan.installs)
  return yield* apply(manager, plan)
})

export const installs = (plan: InstallPlan): Record<string, string> =>
  Object.fromEntries(plan.installs.map(({ name, to }) => [name, to]))
export const leftOut = (plan: InstallPlan): Record<string, string> =>
  Object.fromEntries(plan.leftOut.map(({ name, reason }) => [name, reason]))
export const outcomes = (report: InstallReport): Record<string, string> =>
  Object.fromEntries(report.outcomes.map(({ name, outcome }) => [name, outcome]))
export const messageOf = (report: InstallReport, name: string): string =>
  report.outcomes.find((row) => row.name === name)?.message ?? ""

/** Each update's name with "yes" or the reason against it. */
export const verdicts = (updates: ReadonlyArray<AvailableUpdate>): Record<string, string> =>
  Object.fromEntries(
    updates.map(({ name, installable }) => [name, installable.answer === "yes" ? "yes" : installable.reason]),
  )

export const codes = (rows: ReadonlyArray<{ readonly code: string }>): ReadonlyArray<string> =>
  rows.map(({ code }) => code)
