import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ManagerId } from "../../../src/domain/Package.ts"
import {
  ManagerWorld,
  type Scenario,
  type Traits,
  type World,
  WorldError,
} from "../../package-manager/suite/ManagerWorld.ts"
import type * as Scope from "effect/Scope"
import * as Box from "../lab/Box.ts"
import { boxManager } from "./boxManager.ts"

/** The packages of the lab that stay installed, and with them their pending updates. */
export const kept: Record<Scenario, ReadonlyArray<string>> = {
  "nothing to do": [],
  "one update": ["lab-plain"],
  "security only": ["lab-plain", "lab-secfix"],
  held: ["lab-held", "lab-plain"],
  "removal needed": ["lab-conflict", "lab-victim", "lab-plain"],
  "failing scriptlet": ["lab-failpost", "innocent1"],
  locked: ["lab-plain"],
  "repository down": ["lab-plain"],
  "stale index": ["lab-plain"],
  "missing index": ["lab-plain"],
  "half-installed": ["lab-hangpost", "lab-plain"],
}

/** What ends a state that stands in nobody's way. */
export const nothingToMend = { mend: Effect.void }

/** All repositories of the lab lie in one folder, so one move takes them away. */
export const takeRepositoriesAway = (box: Box.Box) =>
  Effect.as(box.run(["mv", "/srv/lab", "/srv/elsewhere"]), {
    mend: box.run(["mv", "/srv/elsewhere", "/srv/lab"]),
  })

const failedWorld = (what: string) =>
  Effect.mapError((cause: unknown) => (cause instanceof WorldError ? cause : new WorldError({ what, cause })))

/** A real package manager on its own throw-away machine for each state. */
export const realWorld = (options: {
  readonly id: ManagerId
  readonly traits: Traits
  readonly root: string
  /** Brings the box into the state; `mend` ends what stands in the way then. */
  readonly arrange: (
    box: Box.Box,
    scenario: Scenario,
  ) => Effect.Effect<{ readonly mend: Effect.Effect<unknown, unknown> }, unknown, Scope.Scope>
  readonly installed: (box: Box.Box, name: string) => Effect.Effect<string, unknown>
  /** Whether an index is as old as a file that the manager itself writes, whatever day the agent believes it is. */
  readonly datedByManager: boolean
}): Layer.Layer<ManagerWorld> => {
  const { id, traits, root, arrange, installed, datedByManager } = options
  return Layer.succeed(ManagerWorld, {
    id,
    traits,
    inState: Effect.fnUntraced(function* (scenario) {
      const box = yield* Box.make(root)
      const { mend } = yield* arrange(box, scenario)
      const { manager, daysAhead } = yield* boxManager(box, id)
      if (scenario === "stale index") yield* daysAhead(8)
      const world: World = {
        manager: {
          ...manager,
          // What the manager has just written is of now for whoever lives in the present again.
          refresh: (policy) =>
            Effect.tap(manager.refresh(policy), ({ refreshed }) =>
              refreshed && datedByManager ? daysAhead(0) : Effect.void,
            ),
        },
        installed: (name) => installed(box, name).pipe(failedWorld(name)),
        mend: mend.pipe(Effect.asVoid, failedWorld(`mend ${scenario}`)),
      }
      return world
    }, failedWorld(id)),
  })
}
