import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/** What this process was started with. */
export class Environment extends Context.Service<
  Environment,
  {
    readonly variables: Readonly<Record<string, string | undefined>>
    /** The effective user: 0 is root. */
    readonly userId: number
  }
>()("patchctl/config/Environment") {
  static readonly layer = Layer.sync(Environment, () => ({
    variables: { ...process.env },
    userId: process.geteuid?.() ?? 0,
  }))
}
