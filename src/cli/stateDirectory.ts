import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ConfigFlag } from "./ConfigFlag.ts"
import { configuredStateDirectory } from "./configuredStateDirectory.ts"

/** The flag's directory, else the configuration's where this user may read it, else the default. */
export const stateDirectory = Effect.fnUntraced(function* (flag: Option.Option<string>) {
  return Option.isSome(flag) ? flag.value : yield* configuredStateDirectory(yield* ConfigFlag)
})
