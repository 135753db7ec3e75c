import { textTable } from "../../src/cli/textTable.ts"
import type { StartupReport } from "./StartupReport.ts"

const megabytes = (kilobytes: number) => (kilobytes / 1024).toFixed(1)

/** The report for people. */
export const startupText = ({ rounds, programs, executable, peers, missed }: StartupReport): string => {
  const starts = textTable(
    [`${rounds} rounds, in ms`, "wall", "processor", "x hello world"],
    programs.map(({ name, wallMilliseconds, processorMilliseconds, processorToHelloWorld }) =>
      [name, wallMilliseconds, processorMilliseconds, processorToHelloWorld].map(String),
    ),
  )
  const rows = [
    ...(executable === undefined ? [] : [{ name: "patchctl-agent, beating", idle: executable.idle }]),
    ...peers,
  ].map((row) =>
    row.idle === undefined
      ? [row.name, "missing" in row ? (row.missing ?? "") : "", "", ""]
      : [
          row.name,
          megabytes(row.idle.residentKilobytes),
          megabytes(row.idle.proportionalKilobytes),
          megabytes(row.idle.privateKilobytes),
        ],
  )
  const memory = textTable(["idle, in MB", "resident", "PSS", "private"], rows)
  const size =
    executable === undefined
      ? "No executable: npm run build makes one."
      : `Executable: ${executable.bytes} bytes, as xz ${executable.xzBytes ?? "unknown (xz is not installed)"}`
  return [starts, "", size, "", memory, ...missed.map((what) => `MISSED: ${what}`)].join("\n")
}
