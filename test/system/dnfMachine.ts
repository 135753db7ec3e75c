import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InstallUpdates } from "../../src/domain/Command.ts"
import type { InstallReport } from "../../src/domain/InstallPlan.ts"
import { eventually } from "../eventually.ts"
import * as Box from "./lab/Box.ts"
import { boxManager } from "./managers/boxManager.ts"

// The dnf backend at work in a throw-away machine: requests to it, and its answers picked apart.

/** dnf 4.5, dnf 4.23 and dnf5 5.4; the two generations where their versions do not differ. */
export const roots = ["bullseye-dnf", "trixie-dnf", "sid-dnf5"]
export const generations = ["trixie-dnf", "sid-dnf5"]

export const decodeRequest = Schema.decodeUnknownSync(InstallUpdates)

export const packages = (versions: Readonly<Record<string, string>>, more: object = {}) =>
  decodeRequest({
    selection: {
      kind: "packages",
      packages: Object.entries(versions).map(([name, version]) => ({ name, version })),
    },
    ...more,
  })

export const named = (...names: ReadonlyArray<string>) =>
  packages(Object.fromEntries(names.map((name) => [name, "1.1-1"])))

/** A host of its own with the backend at work on it. */
export const machine = Effect.fnUntraced(function* (
  root: string,
  options: Parameters<typeof Box.make>[1] = {},
) {
  const box = yield* Box.make(root, options)
  const { manager } = yield* boxManager(box, "dnf")
  const applied = Effect.fnUntraced(function* (request: InstallUpdates) {
    const steps = new Set<string>()
    const { plan } = yield* manager.plan(request)
    const report = yield* manager.apply(plan, {
      repair: request.repair ?? false,
      report: (progress) =>
        Effect.sync(() => void steps.add(`${progress.step} ${progress.package ?? ""}`.trim())),
    })
    return { plan, report, steps: [...steps] }
  })
  return { box, manager, applied }
})

export const messageOf = (report: InstallReport, name: string) =>
  report.outcomes.find((row) => row.name === name)?.message ?? ""

export const evidenceOf = ({ evidence }: InstallReport) => evidence.map(({ output }) => output).join("\n")

export const exitCodes = ({ evidence }: InstallReport) => evidence.map(({ exitCode }) => exitCode)

export const waitFor = (box: Box.Box, file: string) =>
  eventually(`${file} exists`, box.exists(file), (exists) => exists, "90 seconds")
