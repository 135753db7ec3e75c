import * as Schema from "effect/Schema"
import type { Generation } from "../../../src/package-manager/apk/apkRepositories.ts"
import type { LabPackage } from "./alpineScenarios.ts"

// The formats of apk's files and of `apk query`, as they are recorded in test/fixtures/apk.

const size = 7

/** `/lib/apk/db/installed`. */
export const installedText = (rows: ReadonlyArray<LabPackage>, broken: ReadonlySet<string>): string =>
  rows
    .map(({ name, version, depends = [] }) =>
      [
        "C:Q1py9srwfReh9IVAk4G0WKUR+nrKo=",
        `P:${name}`,
        `V:${version}`,
        "A:x86_64",
        "S:955",
        `I:${size}`,
        `T:Package ${name} of the lab`,
        `U:https://lab.example.org/${name}`,
        "L:MIT",
        `o:${name}`,
        "t:1760000000",
        ...(depends.length === 0 ? [] : [`D:${depends.join(" ")}`]),
        ...(broken.has(name) ? ["f:s"] : []),
        "F:usr",
        "F:usr/share",
        "F:usr/share/lab",
        `R:${name}`,
        "Z:Q1ncnP07OLd1YewitJpyNDLiYYEAM=",
        "",
        "",
      ].join("\n"),
    )
    .join("")

/** An unpacked `APKINDEX.tar.gz`, the header of the archive left out. */
export const indexText = (rows: ReadonlyArray<LabPackage>): string =>
  rows
    .map(({ name, version }) => `P:${name}\nV:${version}\nA:x86_64\nS:955\nI:${size}\no:${name}\n\n`)
    .join("")

const toJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

/** `apk query --format json`. */
export const queryText = (rows: ReadonlyArray<LabPackage>, repository: string): string =>
  `${toJson(
    rows.map(({ name, version }) => ({
      name,
      version,
      arch: "x86_64",
      "installed-size": size,
      "file-size": 955,
      repositories: [repository],
    })),
  )}\n`

/** Below `ERROR: unable to select packages:`. */
export const brokenText = (
  what: "breaks" | "missing",
  row: LabPackage,
  other: LabPackage,
  dependency: string,
): string => {
  const culprit = `${row.name}-${row.version}[${dependency}]`
  return what === "missing"
    ? `  ${other.name} (no such package):\n    required by: ${culprit}\n`
    : `  ${other.name}-${other.version}:\n    breaks: ${culprit}\n    satisfies: world[${other.name}]\n`
}

/** One step of a transaction. */
export interface Step {
  readonly verb: "Installing" | "Upgrading" | "Purging" | "Reinstalling"
  readonly row: LabPackage
  readonly from?: string
}

/** What a transaction prints, acted out or not; `said` are the lines after a step. */
export const transactionText = (
  generation: Generation,
  steps: ReadonlyArray<Step>,
  said: (step: Step) => ReadonlyArray<string>,
  { errors, packages }: { readonly errors: number; readonly packages: number },
): string => {
  const count = String(steps.length)
  const lines = steps.flatMap((step, index) => {
    const number = String(index + 1).padStart(generation === 2 ? 0 : count.length)
    const versions = step.from === undefined ? step.row.version : `${step.from} -> ${step.row.version}`
    return [`(${number}/${count}) ${step.verb} ${step.row.name} (${versions})`, ...said(step)]
  })
  const verdict = errors === 0 ? "OK:" : `${errors} error${errors === 1 ? "" : "s"};`
  return [...lines, `${verdict} ${generation === 2 ? "0 MiB" : "423 B"} in ${packages} packages`, ""].join(
    "\n",
  )
}
