import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { addRelease, initReleases, renewReleases, withdrawRelease } from "../release/changeReleases.ts"
import { jsonFlag, printer } from "./jsonFlag.ts"
import { publicationFlags, publicationOf, releaseExitCodesText, versionFlag } from "./releaseFlags.ts"

const ReleaseReport = Schema.Struct({
  directory: Schema.String,
  /** Rises with every publication. */
  version: Schema.Int,
  expires: Schema.DateTimeUtcFromString,
  /** The keys that agents trust: rises when they change. */
  root_version: Schema.Int,
  name: Schema.optionalKey(Schema.String),
  sha256: Schema.optionalKey(Schema.String),
})
type ReleaseReport = typeof ReleaseReport.Type

const standing = ({ directory, version, expires }: ReleaseReport) =>
  `${directory}, publication ${version}, good until ${DateTime.formatIso(expires)}`

const print = (text: (report: ReleaseReport) => string) => printer(ReleaseReport, text)

const reportOf = (
  directory: string,
  { version, expires, rootVersion }: Effect.Success<ReturnType<typeof renewReleases>>,
): ReleaseReport => ({ directory, version, expires, root_version: rootVersion })

const init = Command.make(
  "init",
  { ...publicationFlags, json: jsonFlag },
  Effect.fnUntraced(function* ({ json, ...flags }) {
    const publication = yield* publicationOf(flags)
    const report = reportOf(publication.directory, yield* initReleases(publication))
    return yield* print(
      (made) => `${standing(made)}

Agents trust what ${made.directory}/1.root.json names: give it to the installer, which puts it on each
host as /opt/patchctl/update/root.json. The keys are in ${publication.keys}: keep a copy where nobody else gets at it.
root-key.pem is needed when another key changes; freshness-key.pem alone renews.`,
    )(report, json)
  }),
).pipe(
  Command.withShortDescription("Begin a directory of releases"),
  Command.withDescription(
    `Makes signing keys, where --keys holds none, and an empty directory of releases.\n\n${releaseExitCodesText}`,
  ),
)

const add = Command.make(
  "add",
  {
    ...publicationFlags,
    version: versionFlag,
    arch: Flag.Literals("arch", ["x64", "arm64"]).pipe(
      Flag.withDescription("The processor that the executable is for"),
    ),
    file: Argument.String("file").pipe(Argument.withDescription("The executable")),
    json: jsonFlag,
  },
  Effect.fnUntraced(function* ({ json, version, arch, file, ...flags }) {
    const publication = yield* publicationOf(flags)
    const { name, sha256, ...published } = yield* addRelease(publication, { version, arch, file })
    return yield* print((added) => `${name}, SHA-256 ${sha256}\n${standing(added)}`)(
      { ...reportOf(publication.directory, published), name, sha256 },
      json,
    )
  }),
).pipe(
  Command.withShortDescription("Publish an executable"),
  Command.withDescription(
    `Copies an executable into the directory of releases, and signs that there is one. Agents with a lower version take it with their next look, within hours.\n\n${releaseExitCodesText}`,
  ),
)

const withdraw = Command.make(
  "withdraw",
  { ...publicationFlags, version: versionFlag, json: jsonFlag },
  Effect.fnUntraced(function* ({ json, version, ...flags }) {
    const publication = yield* publicationOf(flags)
    const published = yield* withdrawRelease(publication, version)
    return yield* print((left) => `${version} is offered no more\n${standing(left)}`)(
      reportOf(publication.directory, published),
      json,
    )
  }),
).pipe(
  Command.withShortDescription("Offer a version no more"),
  Command.withDescription(
    `Agents that run it keep it until there is a higher one: none goes back to a lower version because it is told to.\n\n${releaseExitCodesText}`,
  ),
)

const renew = Command.make(
  "renew",
  { ...publicationFlags, json: jsonFlag },
  Effect.fnUntraced(function* ({ json, ...flags }) {
    const publication = yield* publicationOf(flags)
    return yield* print(standing)(reportOf(publication.directory, yield* renewReleases(publication)), json)
  }),
).pipe(
  Command.withShortDescription("Say once more that this is the latest"),
  Command.withDescription(
    `Signs anew before what is published is too old for agents; run it from a timer. freshness-key.pem is enough. Where release-key.pem is beside it, the list of executables is renewed too; where root-key.pem is, the keys: put another in place of the old one to change it, and the old root-key.pem beside the new one as former-root-key.pem.\n\n${releaseExitCodesText}`,
  ),
)

export const release = Command.make("release").pipe(
  Command.withShortDescription("Publish releases of the agent"),
  Command.withDescription("Publishes signed releases, from which agents update themselves."),
  Command.withSubcommands([init, add, renew, withdraw]),
)
