import { textTable } from "../../src/cli/textTable.ts"
import { budgets } from "../budgets.ts"
import type { Cost, ScanReport } from "./ScanReport.ts"

const row = (name: string, { wall, own, children }: Cost) => [name, wall, own, children].map(String)

/** The report for people. */
export const scanReportText = (report: ScanReport): string =>
  [
    `${report.packages} packages, ${report.updates} updates; medians of ${report.rounds} rounds in ms`,
    "",
    textTable(
      ["", "wall", "processor", "in children"],
      [
        row("first scan of a process", report.firstScan),
        row("scan", report.scan),
        row("its programs alone", report.programsAlone),
        ...(report.distUpgrade === undefined ? [] : [row("apt-get -s dist-upgrade", report.distUpgrade)]),
        row("patchctl scan, from source", report.commandFromSource),
      ],
    ),
    "",
    textTable(
      ["ratio of a scan to", "wall", "processor", "limit"],
      [
        [
          "its programs alone",
          String(report.scanToItsChildren),
          String(report.processorToItsChildren),
          String(budgets.scanToItsChildren),
        ],
        ...(report.scanToDistUpgrade === undefined
          ? []
          : [
              [
                "apt-get -s dist-upgrade",
                String(report.scanToDistUpgrade),
                String(report.processorToDistUpgrade),
                String(budgets.scanToDistUpgrade),
              ],
            ]),
      ],
    ),
    "",
    textTable(
      ["program", "in scan", "alone"],
      report.programs.map(({ command, inScan, alone }) => [command, String(inScan), String(alone)]),
    ),
    "",
    `resident memory: ${(report.memory.idleKilobytes / 1024).toFixed(1)} MB idle, ${(report.memory.peakKilobytes / 1024).toFixed(1)} MB at the peak of the first scan`,
    "",
    ...(report.problems.length === 0 ? ["Within all limits."] : report.problems.map((line) => `! ${line}`)),
  ].join("\n")
