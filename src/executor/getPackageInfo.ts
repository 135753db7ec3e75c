import * as Effect from "effect/Effect"
import type { GetPackageInfo } from "../domain/Command.ts"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import type { CommandOutcome } from "./CommandOutcome.ts"

/** Asks every manager for these names. A name is unknown when none of them knows it, which is no error. */
export const getPackageInfo = Effect.fn("getPackageInfo")(function* ({ packages: names }: GetPackageInfo) {
  const managers = yield* PackageManagers
  const detected = yield* managers.detect
  const answers = yield* Effect.forEach(detected, ({ manager }) => Effect.result(manager.describe(names)))

  const reports = answers.flatMap((answer) => (answer._tag === "Success" ? [answer.success] : []))
  const failures = answers.flatMap((answer) => (answer._tag === "Failure" ? [answer.failure.message] : []))
  if (detected.length === 0) failures.push("no supported package manager was found on this host")

  const packages = reports.flatMap((report) => report.packages)
  const known = new Set(packages.map(({ name }) => name))
  const outcome: CommandOutcome = {
    status: failures.length === 0 ? "succeeded" : reports.length === 0 ? "failed" : "partial",
    output: {
      command: "get_package_info",
      report: { packages, unknown: names.filter((name) => !known.has(name)) },
    },
    ...(failures.length > 0 && {
      problem: { code: "package_manager_failed", detail: failures.join("; ") },
    }),
  }
  return outcome
})
