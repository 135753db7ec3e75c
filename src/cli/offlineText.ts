import type { Vulnerabilities } from "../domain/Finding.ts"
import type { PackageFault } from "../domain/Package.ts"
import type { Completeness } from "../domain/Scan.ts"
import { findingsSummary, findingsText } from "./findingsText.ts"
import { counted, oneLine, type Paint } from "./plainText.ts"
import { faultText, reasonText, section } from "./scanText.ts"

/** What was found without looking at this host. */
export interface OfflineFound {
  /** `Inventory of almalinux-9`. */
  readonly title: string
  readonly packages: number
  readonly vulnerabilities: Vulnerabilities
  readonly faults: ReadonlyArray<PackageFault>
  readonly completeness: Completeness
}

/** What `patchctl scan --inventory` and `--root` print. */
export const offlineText = (
  { title, packages, vulnerabilities, faults, completeness }: OfflineFound,
  all: boolean,
  colours: Paint,
): string =>
  [
    `${oneLine(title)}: ${completeness.verdict === "complete" ? "" : "at least "}${counted(packages, "package")}`,
    `Vulnerabilities: ${findingsSummary(vulnerabilities)}`,
    "",
    ...findingsText(vulnerabilities, all, colours),
    ...section(
      "Partial, because",
      completeness.verdict === "complete" ? [] : completeness.reasons.map(reasonText),
    ),
    ...section("Not properly installed", faults.map(faultText)),
  ].join("\n")
