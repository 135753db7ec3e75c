import type { PackageFault } from "../domain/Package.ts"
import { type PartialReason, type Scan, scanCounts } from "../domain/Scan.ts"
import type { AvailableUpdate, Installable } from "../domain/Update.ts"
import { findingsSummary, findingsText } from "./findingsText.ts"
import { counted, oneLine, type Paint } from "./plainText.ts"
import { rebootText, updatesText } from "./summaryText.ts"
import { textTable } from "./textTable.ts"
import { durationText } from "./timeText.ts"

const installableText = (installable: Installable): string => {
  if (installable.answer === "yes") return "yes"
  const reason = `no: ${installable.reason.replaceAll("_", " ")}`
  return installable.detail === undefined ? reason : `${reason} (${oneLine(installable.detail)})`
}

const securityText = ({ security }: AvailableUpdate, colours: Paint): string =>
  security.verdict === "yes" ? colours.bad("yes") : security.verdict

/** Security updates first; inside each group the scan's own order. */
const bySecurity = (updates: ReadonlyArray<AvailableUpdate>): ReadonlyArray<AvailableUpdate> => [
  ...updates.filter(({ security }) => security.verdict === "yes"),
  ...updates.filter(({ security }) => security.verdict !== "yes"),
]

const updatesTable = (scan: Scan, colours: Paint): ReadonlyArray<string> =>
  scan.updates.length === 0
    ? []
    : [
        "",
        textTable(
          ["PACKAGE", "INSTALLED", "AVAILABLE", "SECURITY", "INSTALLABLE"].map(colours.strong),
          bySecurity(scan.updates).map((update) => [
            `${update.name}:${update.architecture}`,
            update.from,
            update.to,
            securityText(update, colours),
            installableText(update.installable),
          ]),
        ),
      ]

export const reasonText = ({ manager, code, detail, count }: PartialReason): string =>
  [
    ...(manager === undefined ? [] : [`${manager}:`]),
    `${code.replaceAll("_", " ")}${count === undefined ? "" : ` (${count})`}:`,
    oneLine(detail),
  ].join(" ")

const faultWords: Record<PackageFault["state"], string> = {
  half_configured: "is half-configured",
  half_installed: "is half-installed",
  unpacked: "is unpacked but not configured",
  triggers_pending: "waits for triggers",
  reinstall_required: "must be reinstalled",
  duplicate: "is installed twice",
  missing_files: "lacks files",
}

/** What mends a package that is not properly installed, for an administrator at the keyboard. */
const faultRemedy = ({ manager, state }: PackageFault): string => {
  if (state === "duplicate") return "remove the duplicates: dnf remove --duplicates"
  if (manager !== "apt") return "reinstall the package"
  return state === "reinstall_required" || state === "missing_files" || state === "half_installed"
    ? "apt-get install --reinstall NAME"
    : "dpkg --configure -a"
}

export const faultText = (fault: PackageFault): string =>
  oneLine(`${fault.name} ${fault.version ?? ""} ${faultWords[fault.state]} -> ${faultRemedy(fault)}`)

export const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)]

/** What `patchctl scan` prints: the sum, updates, vulnerabilities, and everything that stands against trusting them. */
export const scanText = (scan: Scan, colours: Paint, all = false): string => {
  const counts = scanCounts(scan)
  const { completeness, vulnerabilities } = scan
  const verdict = completeness.verdict === "complete" ? colours.good("complete") : colours.doubtful("partial")
  const managers = scan.managers.map(({ id, patchable }) => (patchable ? id : `${id} (not patchable)`))
  return [
    `Scan ${verdict}: ${counted(counts.packages, "package")}, ${updatesText(counts, completeness)}`,
    ...(vulnerabilities === undefined ? [] : [`Vulnerabilities: ${findingsSummary(vulnerabilities)}`]),
    `${managers.length === 0 ? "no package manager" : managers.join(", ")}; took ${durationText(scan.durationMilliseconds / 1000)}`,
    ...updatesTable(scan, colours),
    ...(vulnerabilities === undefined ? [] : ["", ...findingsText(vulnerabilities, all, colours)]),
    ...section(
      "Partial, because",
      completeness.verdict === "complete" ? [] : completeness.reasons.map(reasonText),
    ),
    ...section("Not properly installed", scan.faults.map(faultText)),
    "",
    `Reboot required: ${rebootText(scan.reboot)}`,
  ].join("\n")
}
