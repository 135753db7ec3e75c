import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PackageInfo, type PackageInfoReport } from "../../domain/Command.ts"
import type { PackageName } from "../../domain/Package.ts"
import { compare } from "../../version/apk.ts"
import { outputLines } from "../outputLines.ts"
import type { ManagerError } from "../PackageManager.ts"
import type { ReadDependencies } from "../preflight.ts"
import { descriptions } from "./apkCommands.ts"
import { notRun } from "./apkFailure.ts"
import { collectPolicies } from "./apkOffers.ts"
import type { PolicyVersion } from "./apkPolicy.ts"
import { readInstalled, readWorld, type Installed } from "./collectInventory.ts"
import type { World } from "./apkWorld.ts"

interface Described {
  readonly summary?: string
  readonly homepage?: string
}

/** Reads `apk info --description --webpage`: `NAME-VERSION description:`, a line of text, and an empty line. */
export const parseDescriptions = (stdout: string): ReadonlyMap<string, Described> => {
  const found = new Map<string, Described>()
  let subject = ""
  let field: "summary" | "homepage" | undefined
  for (const line of outputLines(stdout)) {
    const [, name, title] = /^(\S+-\S+) (description|webpage):$/.exec(line) ?? []
    if (name !== undefined) {
      subject = name
      field = title === "description" ? "summary" : "homepage"
    } else if (line !== "" && field !== undefined) {
      found.set(subject, { ...found.get(subject), [field]: line })
      field = undefined
    }
  }
  return found
}

const decodeInfo = Schema.decodeUnknownOption(PackageInfo)

interface Knowledge {
  readonly installed: Installed
  readonly world: World
  readonly versions: ReadonlyMap<string, ReadonlyArray<PolicyVersion>>
  readonly described: ReadonlyMap<string, Described>
}

/** Versions of repositories with a tag are no candidates, unless the world asks for the package with that tag. */
const candidateOf = (
  offered: ReadonlyArray<PolicyVersion>,
  present: string | undefined,
  constraint: string | undefined,
) =>
  offered
    .filter(
      ({ isInstalled, repositories }) =>
        isInstalled || repositories.some(({ tag }) => tag === undefined || constraint?.includes(tag)),
    )
    .map(({ version }) => version)
    .concat(present ?? [])
    .toSorted(compare)
    .at(-1)

/** What is known of one package; none when it is neither installed nor offered. */
const describePackage = (name: PackageName, known: Knowledge): Option.Option<PackageInfo> => {
  const row = known.installed.packages.find((one) => one.name === name)
  const offered = (known.versions.get(name) ?? []).filter(({ repositories }) => repositories.length > 0)
  if (row === undefined && offered.length === 0) return Option.none()
  const candidate = candidateOf(offered, row?.version, known.world.get(name)?.text)
  const described = known.described.get(`${name}-${row?.version ?? candidate ?? ""}`) ?? {}
  const size = known.installed.sizes.get(name)
  return decodeInfo({
    manager: "apk",
    name,
    installed:
      row === undefined
        ? []
        : [
            {
              version: row.version,
              architecture: row.architecture,
              held: row.held ?? false,
              automatic: !known.world.has(name),
            },
          ],
    ...(candidate === undefined ? {} : { candidate }),
    available: offered.toReversed().map(({ version, repositories }) => ({
      version,
      repositories: repositories.map((place) =>
        place.tag === undefined ? place.name : `${place.tag} ${place.name}`,
      ),
    })),
    ...(row === undefined ? {} : { source: row.source ?? row.name }),
    ...described,
    ...(size === undefined ? {} : { installedSizeBytes: size }),
  })
}

/**
 * What the database and the repositories know of these packages. `apk info` exits with 1 where it does not know a
 * single name, so what it prints is taken whatever its exit code.
 */
export const collectDescriptions = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
  names: ReadonlyArray<PackageName>,
): Effect.fn.Return<PackageInfoReport, ManagerError> {
  const wanted = [...new Set(names)]
  const { versions } = yield* collectPolicies(dependencies, "describe", wanted)
  const shown = yield* dependencies.subprocess.run(descriptions(wanted)).pipe(notRun("describe"))
  const known: Knowledge = {
    installed: yield* readInstalled(dependencies, "describe"),
    world: yield* readWorld(dependencies),
    versions,
    described: parseDescriptions(shown.stdout),
  }
  const described = wanted.map((name) => [name, describePackage(name, known)] as const)
  return {
    packages: described.flatMap(([, info]) => Option.toArray(info)),
    unknown: described.flatMap(([name, info]) => (Option.isNone(info) ? [name] : [])),
  }
})
