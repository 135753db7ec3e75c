import { assert } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { InstallUpdates } from "../../../src/domain/Command.ts"
import type { InstallPlan, InstallReport } from "../../../src/domain/InstallPlan.ts"
import { PackageName } from "../../../src/domain/Package.ts"
import type { AvailableUpdate } from "../../../src/domain/Update.ts"

// Questions to a package manager, and its answers picked apart.

const request = Schema.decodeUnknownSync(InstallUpdates)
export const packageName = Schema.decodeUnknownSync(PackageName)

export const all = request({ selection: { kind: "all" } })
export const security = request({ selection: { kind: "security" } })
export const named = (name: string, version: string) =>
  request({ selection: { kind: "packages", packages: [{ name, version }] } })

export const update = (updates: ReadonlyArray<AvailableUpdate>, name: string): AvailableUpdate =>
  updates.find((row) => row.name === name) ??
  assert.fail(`no update of ${name} among ${updates.map((row) => row.name).join(", ")}`)

export const objection = (row: AvailableUpdate) =>
  row.installable.answer === "no" ? row.installable.reason : "none"

export const installs = ({ installs: rows }: InstallPlan): Record<string, string> =>
  Object.fromEntries(rows.map(({ name, to }) => [name, to]))
export const leftOut = ({ leftOut: rows }: InstallPlan): Record<string, string> =>
  Object.fromEntries(rows.map(({ name, reason }) => [name, reason]))
export const outcomes = ({ outcomes: rows }: InstallReport): Record<string, string> =>
  Object.fromEntries(rows.map(({ name, outcome }) => [name, outcome]))
export const codes = (rows: ReadonlyArray<{ readonly code: string }>) => rows.map(({ code }) => code)
