import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import { agentVersion } from "../agentVersion.ts"
import type { Coverage, Vulnerabilities } from "../domain/Finding.ts"
import type { InstalledPackage } from "../domain/Package.ts"
import { releaseNamed } from "../vulnerability/release.ts"
import { bomVulnerability, type ListedPackage, property } from "./bomVulnerability.ts"
import type { Component, CycloneDx } from "./cycloneDxSchema.ts"
import { packageUrl } from "./packageUrl.ts"

/** What a bill of materials is made of. */
export interface BomSubject {
  /** A UUID of its own. */
  readonly serial: string
  readonly at: DateTime.Utc
  readonly packages: ReadonlyArray<InstalledPackage>
  readonly vulnerabilities: Vulnerabilities
}

const componentOf = ({ ref, row }: ListedPackage): Component => ({
  type: "library",
  "bom-ref": ref,
  name: row.name,
  version: row.version,
  purl: ref,
  ...(row.source === undefined && row.module === undefined
    ? {}
    : { properties: [...property("source", row.source), ...property("module", row.module)] }),
})

const coverageProperties = ({ verdict, feed, detail, notEvaluated }: Coverage) => [
  ...property("coverage", verdict),
  ...property("coverage:detail", detail),
  ...property("coverage:not-evaluated", notEvaluated.length.toString()),
  ...(feed === undefined
    ? []
    : [
        ...property("feed:serial", feed.serial.toString()),
        ...property("feed:generated", DateTime.formatIso(feed.generatedAt)),
        ...property("feed:stale", feed.stale ? "yes" : "no"),
        ...property("feed:fixed-issues-only", feed.fixedIssuesOnly ? "yes" : "no"),
        ...property("feed:end-of-life", feed.endOfLife ? "yes" : "no"),
        ...property("feed:licence", feed.licence),
      ]),
]

/** The packages and their vulnerabilities as a bill of materials: CycloneDX 1.6, one vulnerability for each finding. */
export const cycloneDx = ({ serial, at, packages, vulnerabilities }: BomSubject): CycloneDx => {
  const { findings, coverage } = vulnerabilities
  const release = Option.flatMap(Option.fromUndefinedOr(coverage.release), releaseNamed)
  const vendor = Option.getOrElse(
    Option.map(release, ({ distribution }) => distribution),
    () => "vendor",
  )
  // A package that a database lists twice is one component: references have to be unique.
  const rows = [...new Map(packages.map((row) => [packageUrl(row, release), row]))].map(([ref, row]) => ({
    ref,
    row,
  }))
  const named = Map.groupBy(rows, ({ row }): string => row.name)
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${serial}`,
    version: 1,
    metadata: {
      timestamp: at,
      tools: { components: [{ type: "application", name: "patchctl-agent", version: agentVersion }] },
      ...(Option.isSome(release)
        ? {
            component: {
              type: "operating-system",
              "bom-ref": release.value.name,
              name: release.value.distribution,
              ...(release.value.version === "" ? {} : { version: release.value.version }),
            },
          }
        : {}),
      properties: coverageProperties(coverage),
    },
    components: rows.map(componentOf),
    vulnerabilities: findings.map((finding) => bomVulnerability(finding, vendor, named)),
  }
}
