import * as Effect from "effect/Effect"
import { databaseFamily, osRelease } from "../../host/osRelease.ts"
import type { ReadDependencies } from "../preflight.ts"
import { hasRpmPackages } from "./rpmDatabase.ts"

/** Front ends that make dnf's backend the manager; without dnf or yum the others cannot be used yet. */
const dnfPrograms = ["dnf", "dnf5", "dnf-3", "yum", "microdnf", "tdnf"].map((name) => `/usr/bin/${name}`)

/**
 * Which manager the rpm database of this host belongs to, if it has one: a database has one manager, or its packages
 * would be counted twice. On SUSE's distributions it is zypper, unless only dnf is there; elsewhere dnf, unless only
 * zypper is there. A host of an rpm distribution has a database even when it is lost, so that the loss is reported; any
 * other needs packages in it, for the tool alone means nothing.
 */
export const rpmOwner = Effect.fnUntraced(function* (
  dependencies: ReadDependencies,
): Effect.fn.Return<"dnf" | "zypper" | undefined> {
  const { fs } = dependencies
  const exists = (path: string) => Effect.orElseSucceed(fs.exists(path), () => false)
  const system = osRelease(yield* Effect.orElseSucceed(fs.readFileString("/etc/os-release"), () => ""))
  const family = databaseFamily(system)
  const isAtHome = family === "rpm" || family === "rpm_suse"
  if (!isAtHome && !(yield* hasRpmPackages(dependencies))) return undefined
  const hasZypper = yield* exists("/usr/bin/zypper")
  const hasDnf = (yield* Effect.forEach(dnfPrograms, exists)).includes(true)
  if (hasZypper === hasDnf) return family === "rpm_suse" ? "zypper" : "dnf"
  return hasZypper ? "zypper" : "dnf"
})
