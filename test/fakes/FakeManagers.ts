import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { Architecture, type InstalledPackage, PackageName, PackageVersion } from "../../src/domain/Package.ts"
import type { AvailableUpdate } from "../../src/domain/Update.ts"
import type { InstallPlan } from "../../src/domain/InstallPlan.ts"
import {
  ManagerError,
  type PackageManager,
  type UpdateListing,
} from "../../src/package-manager/PackageManager.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { planOf } from "./planOf.ts"

export const installed = (name: string, version: string): InstalledPackage => ({
  manager: "apt",
  name: PackageName.make(name),
  architecture: Architecture.make("amd64"),
  version: PackageVersion.make(version),
})

export const update = (name: string, from: string, to: string): AvailableUpdate => ({
  manager: "apt",
  name: PackageName.make(name),
  architecture: Architecture.make("amd64"),
  from: PackageVersion.make(from),
  to: PackageVersion.make(to),
  origins: [{ id: "deb.example.org stable" }],
  security: { verdict: "no", evidence: [] },
  installable: { answer: "yes" },
})

/** What the fake package manager knows and has been made to do. */
export interface ManagerMemory {
  readonly packages: ReadonlyArray<InstalledPackage>
  readonly updates: ReadonlyArray<AvailableUpdate>
  /** What its repositories tell beyond the updates. */
  readonly told: Pick<UpdateListing, "origins" | "channels">
  readonly failing: ReadonlySet<keyof PackageManager["Service"]>
  readonly refreshes: number
  readonly applied: ReadonlyArray<InstallPlan>
  readonly stamp: string
}

export class FakeManager extends Context.Service<FakeManager, Ref.Ref<ManagerMemory>>()(
  "patchctl/test/FakeManager",
) {}

const planFor = (updates: ReadonlyArray<AvailableUpdate>): InstallPlan =>
  planOf(
    updates.map(({ manager, name, architecture, from, to, origins }) => ({
      manager,
      name,
      architecture,
      from,
      to,
      origins,
      role: "requested" as const,
    })),
  )

/** One manager that answers from memory and installs by changing it. */
export const layer = Layer.effectContext(
  Effect.gen(function* () {
    const memory = yield* Ref.make<ManagerMemory>({
      packages: [installed("bash", "5.2-1"), installed("openssl", "3.0.1-1")],
      updates: [update("openssl", "3.0.1-1", "3.0.2-1")],
      told: {},
      failing: new Set(),
      refreshes: 0,
      applied: [],
      stamp: "1",
    })
    const asked = Effect.fnUntraced(function* (operation: keyof PackageManager["Service"]) {
      const known = yield* Ref.get(memory)
      if (known.failing.has(operation)) {
        return yield* new ManagerError({ manager: "apt", operation, reason: "failed", detail: "as told" })
      }
      return known
    })

    const manager: PackageManager["Service"] = {
      inventory: Effect.map(asked("inventory"), ({ packages }) => ({ packages, faults: [], reasons: [] })),
      updates: Effect.map(asked("updates"), ({ updates, told }) => ({
        ...told,
        updates,
        indexes: [],
        reasons: [],
      })),
      refresh: (policy) =>
        Effect.gen(function* () {
          yield* asked("refresh")
          if (policy === "never") return { refreshed: false, repositories: [], reasons: [] }
          yield* Ref.update(memory, (known) => ({ ...known, refreshes: known.refreshes + 1 }))
          return {
            refreshed: true,
            repositories: [{ manager: "apt", repository: "deb.example.org stable", outcome: "fetched" }],
            reasons: [],
          }
        }),
      plan: () => Effect.map(asked("plan"), ({ updates }) => ({ plan: planFor(updates), preflight: [] })),
      apply: (plan) =>
        Effect.gen(function* () {
          yield* asked("apply")
          yield* Ref.update(memory, (known) => ({ ...known, updates: [], applied: [...known.applied, plan] }))
          return {
            dryRun: false,
            plan,
            preflight: [],
            outcomes: plan.installs.map(({ manager: id, name, architecture, to }) => ({
              manager: id,
              name,
              architecture,
              wanted: to,
              found: to,
              outcome: "installed" as const,
            })),
            newConfigurationFiles: [],
            evidence: [],
          }
        }),
      describe: (names) =>
        Effect.map(asked("describe"), ({ packages }) => ({
          packages: packages
            .filter(({ name }) => names.includes(name))
            .map(({ manager: id, name, version, architecture }) => ({
              manager: id,
              name,
              installed: [{ version, architecture, held: false }],
              available: [],
            })),
          unknown: names.filter((name) => !packages.some((row) => row.name === name)),
        })),
      health: Effect.as(asked("health"), { faults: [], locks: [], indexes: [] }),
    }
    const managers = PackageManagers.of({
      detect: Effect.succeed([{ state: { id: "apt", version: "2.6.1", patchable: true }, manager }]),
      databaseStamp: Effect.map(Ref.get(memory), ({ stamp }) => stamp),
    })
    return Context.make(FakeManager, memory).pipe(Context.add(PackageManagers, managers))
  }),
)
