import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InstallPlan } from "../domain/InstallPlan.ts"
import type { StoreError } from "../store/Database.ts"
import type { CommandOutcome } from "./CommandOutcome.ts"

/**
 * The restart that `rebooting` announced has been asked for, so the command has no result before the next boot. Fail
 * with it once the request was accepted; when it was not, return the outcome with the problem, as ever.
 */
export class HostRestarting extends Schema.TaggedError<HostRestarting>()("HostRestarting", {}) {
  override get message() {
    return "this host is about to restart; the result follows after the boot"
  }
}

/**
 * The entry of the command that is being carried out, in the executor's ledger. What is written here survives this
 * process: it is what an unfinished command is resolved by. A write that fails must end the operation, before it
 * does what it could not write down.
 */
export class CommandJournal extends Context.Service<
  CommandJournal,
  {
    /** The plan that is about to be applied: written before anything of it runs. A later one replaces it. */
    readonly planned: (plan: InstallPlan) => Effect.Effect<void, StoreError>
    /**
     * Written before a restart is asked for. `outcome` is the result the command would have now; its report carries
     * `restart` (`domain/Restart.ts`), whose `after` fields are filled in by the executor that runs after the boot.
     */
    readonly rebooting: (restart: {
      readonly bootId: string
      readonly outcome: CommandOutcome
    }) => Effect.Effect<void, StoreError>
  }
>()("patchctl/executor/CommandJournal") {}
