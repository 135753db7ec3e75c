import { budgets } from "../budgets.ts"
import { executableStatus, executableVersion, type StartupReport } from "./StartupReport.ts"

/** Every budget of the executable that was missed, in words. */
export const judgeStartup = ({
  programs,
  executable,
}: Omit<StartupReport, "missed">): ReadonlyArray<string> => {
  if (executable === undefined) return []
  const ratio = (name: string) => programs.find((program) => program.name === name)?.processorToHelloWorld
  const limits: ReadonlyArray<readonly [what: string, is: number | undefined, limit: number]> = [
    [`${executableVersion}, against hello world`, ratio(executableVersion), budgets.versionToHelloWorld],
    [`${executableStatus}, against hello world`, ratio(executableStatus), budgets.statusToHelloWorld],
    ["bytes of the executable", executable.bytes, budgets.executable.bytes],
    ["bytes of the executable as xz", executable.xzBytes, budgets.executable.xzBytes],
    ["KB resident, idle daemon", executable.idle.residentKilobytes, budgets.idleDaemon.residentKilobytes],
    ["KB private, idle daemon", executable.idle.privateKilobytes, budgets.idleDaemon.privateKilobytes],
  ]
  return limits.flatMap(([what, is, limit]) =>
    is !== undefined && !(is <= limit) ? [`${what}: ${is}, at most ${limit}`] : [],
  )
}
