import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { createHash, randomUUID } from "node:crypto"
import { ScanId } from "../../src/domain/Identifiers.ts"
import { InstalledPackage } from "../../src/domain/Package.ts"
import type { Scan } from "../../src/domain/Scan.ts"
import { canonicalInventory, canonicalUpdates, snapshotDigest } from "../../src/domain/snapshot.ts"
import { AvailableUpdate } from "../../src/domain/Update.ts"
import { sampleVulnerabilities } from "./sampleFindings.ts"

const stems =
  "acl apt audit bash boost curl dbus emacs font gcc git glib gnome gtk icu java kde ldap lua mesa".split(" ")
const endings = "-bin -common -data -dev -doc -utils 0 1 2-0 6".split(" ")

/** Digits that look drawn and are the same in every run. */
const digits = (seed: string, index: number) =>
  createHash("sha256")
    .update(seed)
    .digest()
    .readUInt16BE(index * 2)

/**
 * The rows of a made-up Debian host, a little harder to compress than a real one: 712 packages of a Debian 12 desktop
 * take 12 bytes each after gzip, these 16 or more. Each source has three packages; every eighth was rebuilt.
 */
export const sampleInventory = (count: number): ReadonlyArray<InstalledPackage> =>
  Array.from({ length: count }, (_, index) => {
    const sourceNumber = Math.floor(index / 3)
    const seed = `source ${sourceNumber}`
    const stem = stems[digits(seed, 0) % stems.length] ?? ""
    const source = `${stem}${stems[digits(seed, 1) % stems.length] ?? ""}${sourceNumber}`
    const version = `${digits(seed, 2) % 9}.${digits(seed, 3) % 40}.${digits(seed, 4) % 20}-${digits(seed, 5) % 6}+deb12u${digits(seed, 6) % 5}`
    const ending = endings[digits(`package ${index}`, 0) % endings.length] ?? ""
    const rebuilt = index % 8 === 0
    return InstalledPackage.make({
      manager: "apt",
      name: InstalledPackage.fields.name.make(`lib${source}-${index % 3}${ending}`),
      architecture: InstalledPackage.fields.architecture.make(index % 4 === 0 ? "all" : "amd64"),
      version: InstalledPackage.fields.version.make(rebuilt ? `${version}+b1` : version),
      source,
      ...(rebuilt ? { sourceVersion: version } : {}),
    })
  })

const archive = "https://deb.example.org"

/** An update of the security archive for every tenth package. */
const sampleUpdates = (packages: ReadonlyArray<InstalledPackage>): ReadonlyArray<AvailableUpdate> =>
  packages
    .filter((_, index) => index % 10 === 0)
    .map(({ manager, name, architecture, version }, index) =>
      AvailableUpdate.make({
        manager,
        name,
        architecture,
        from: version,
        to: AvailableUpdate.fields.to.make(`${version}.1`),
        origins: [
          {
            id: `${archive}/debian-security bookworm-security/main`,
            origin: "Debian",
            label: "Debian-Security",
            suite: "stable-security",
            codename: "bookworm-security",
          },
        ],
        security: { verdict: "yes", evidence: [{ kind: "label", value: "Debian-Security" }] },
        installable: { answer: "yes" },
        downloadBytes: digits(`download ${index}`, 0) * 31,
      }),
    )

const repositories = [
  `${archive}/debian bookworm`,
  `${archive}/debian bookworm-updates`,
  `${archive}/debian-security bookworm-security`,
]

/** A finished scan of that host, made now. Two of them have the same rows and findings, and different ids. */
export const sampleScan = Effect.fnUntraced(function* (count: number, findings: number) {
  const packages = canonicalInventory(sampleInventory(count))
  const updates = canonicalUpdates(sampleUpdates(packages))
  const scan: Scan = {
    id: ScanId.make(`scn_${randomUUID()}`),
    startedAt: yield* DateTime.now,
    durationMilliseconds: 1234,
    managers: [{ id: "apt", version: "2.6.1", patchable: true }],
    packages,
    faults: [],
    updates,
    indexes: repositories.map((repository, index) => ({
      manager: "apt",
      repository,
      ageSeconds: 12_345 + index,
    })),
    completeness: { verdict: "complete" },
    reboot: { required: "no", reasons: [] },
    vulnerabilities: sampleVulnerabilities(packages, findings),
    digest: snapshotDigest({ packages, updates }),
  }
  return scan
})
