import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Environment } from "../config/Environment.ts"

/** Where the agent is installed; `PATCHCTL_INSTALLATION` names another directory, laid out the same. */
export class Installation extends Context.Service<
  Installation,
  {
    /** The executable that everything starts: a hard link to that of one version. */
    readonly program: string
    /** One directory for each version on disk. */
    readonly versions: string
    /** State of updates, and what releases are checked against. */
    readonly update: string
    /** One word: whose files these are. Not there: those of whoever copied them. */
    readonly installedBy: string
  }
>()("patchctl/self-update/Installation") {
  static readonly layer: Layer.Layer<Installation, never, Environment> = Layer.effect(
    Installation,
    Effect.map(Environment, ({ variables }) => {
      const root = variables["PATCHCTL_INSTALLATION"] ?? "/opt/patchctl"
      return {
        program: `${root}/bin/patchctl-agent`,
        versions: `${root}/versions`,
        update: `${root}/update`,
        installedBy: `${root}/installed-by`,
      }
    }),
  )
}
