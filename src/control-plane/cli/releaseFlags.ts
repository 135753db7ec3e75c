import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Flag from "effect/cli/Flag"
import { ReleaseVersion } from "../../domain/Release.ts"
import { openDataDirectory } from "../data/DataDirectory.ts"
import type { Publication } from "../release/publishReleases.ts"
import { releaseExitCodes } from "../release/ReleaseFailed.ts"
import { DataFlag } from "./DataFlag.ts"

/** What every verb of `release` takes. There is no default for the keys: they have no place on a host of the API. */
export const publicationFlags = {
  keys: Flag.String("keys").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription("Directory with the signing keys, best on a machine of its own"),
  ),
  out: Flag.String("out").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription("Where to publish; default releases in the data directory, which the server serves"),
    Flag.optional,
  ),
  days: Flag.Int("days").pipe(
    Flag.withMetavar("DAYS"),
    Flag.withDescription("Until agents take no update from this any more, 1 to 366"),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 366 }))),
    Flag.withDefault(30),
  ),
}

export const versionFlag = Flag.String("release-version").pipe(
  Flag.withMetavar("VERSION"),
  Flag.withDescription("What the executable answers to --version: 1.4.0"),
  Flag.withSchema(ReleaseVersion),
)

/** Where to publish and what with. */
export const publicationOf = Effect.fnUntraced(function* (flags: {
  readonly keys: string
  readonly out: Option.Option<string>
  readonly days: number
}) {
  const directory = Option.isSome(flags.out)
    ? flags.out.value
    : (yield* openDataDirectory(yield* DataFlag, { create: true })).releases
  const publication: Publication = { directory, keys: flags.keys, days: flags.days }
  return publication
})

export const releaseExitCodesText = `Exit codes:
     0  published
${String(releaseExitCodes.failed).padStart(6)}  failed; stderr says why, and what was published before is as it was
${String(releaseExitCodes.usage).padStart(6)}  the command line is wrong
${String(releaseExitCodes.noInput).padStart(6)}  a key, the executable or the directory of releases is not there`
