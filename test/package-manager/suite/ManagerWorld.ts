import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { ManagerId } from "../../../src/domain/Package.ts"
import type { PackageManager } from "../../../src/package-manager/PackageManager.ts"

/** The world could not be brought into the wanted state: a fault of the test bed, not of the backend. */
export class WorldError extends Schema.TaggedError<WorldError>()("WorldError", {
  what: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message() {
    return this.what
  }
}

/**
 * The states in which every backend is tried. What is installed besides does not matter as long as nothing of it is
 * pending. "pending" is a newer version in a repository whose index has been downloaded.
 */
export const scenarios = {
  "nothing to do": "nothing is pending",
  "one update": "`lab-plain` is pending",
  "security only": "`lab-plain` is pending, and `lab-secfix` with a fix where the manager knows such",
  held: "`lab-held` is pending but held by the manager's own means, and `lab-plain`",
  "removal needed": "`lab-conflict` is pending, which excludes the installed `lab-victim`; and `lab-plain`",
  "failing scriptlet":
    "`lab-failpost` is pending, whose script fails with its files in place; and `innocent1`",
  locked: "one update, while another program holds the manager's lock",
  "repository down": "one update, but no repository can be reached",
  "stale index": "one update, but the indexes were downloaded long ago",
  "missing index": "one update, but the indexes were never downloaded or are lost",
  "half-installed":
    "an upgrade of `lab-hangpost` was killed in the middle, script and all; `lab-plain` is pending",
} as const
export type Scenario = keyof typeof scenarios

/** One host in one state. */
export interface World {
  /** The backend at work on that host, as root. */
  readonly manager: PackageManager["Service"]
  /** The installed version by the manager's own tool, epoch included where there is one; "" when it is not installed. */
  readonly installed: (name: string) => Effect.Effect<string, WorldError>
  /** Ends what the scenario put in the way: the lock is released, the repository answers again. */
  readonly mend: Effect.Effect<void, WorldError>
}

/** In what the managers differ by nature, so that the suite may not ask it of all of them. */
export interface Traits {
  /** What says that an update fixes a vulnerability; `none` where the manager's repositories never do. */
  readonly security: "advisory" | "origin" | "none"
  /** Whether some pending updates may be installed without the others. Arch supports only whole upgrades. */
  readonly partialUpgrades: boolean
  /** The versions of the packages of the lab: installed, pending, and the pending fix of `lab-secfix`. */
  readonly from: string
  readonly to: string
  readonly fix: string
  /** Whether the manager can be made to remove `lab-victim` for the sake of an update. */
  readonly removesOnRequest: boolean
  /** Whether `repair` can mend an upgrade that was killed in the middle. */
  readonly repairs: boolean
}

/** A package manager with the means to bring a throw-away host of its own into each state. */
export class ManagerWorld extends Context.Service<
  ManagerWorld,
  {
    readonly id: ManagerId
    readonly traits: Traits
    readonly inState: (scenario: Scenario) => Effect.Effect<World, WorldError, Scope.Scope>
  }
>()("test/package-manager/suite/ManagerWorld") {}
