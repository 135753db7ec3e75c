import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InstallUpdates } from "../../../src/domain/Command.ts"
import type { InstallPlan } from "../../../src/domain/InstallPlan.ts"
import { makePlan } from "../../../src/package-manager/apt/aptPlan.ts"
import { collectInventory } from "../../../src/package-manager/apt/collectInventory.ts"
import { collectUpdates } from "../../../src/package-manager/apt/collectUpdates.ts"
import type { Planned } from "../../../src/package-manager/PackageManager.ts"
import { type Responder, when } from "../../fakes/FakeSubprocess.ts"
import { recorded, recordedFiles, recordedHost } from "./recordedHost.ts"

// Plans on the recorded lab host: its own answers, and a solver that decides as apt does there.

export const host = "debian-12-lab"

const installedVersion = (name: string) =>
  new RegExp(`^..\\s\\t${name}\\t([^\\t]+)`, "m").exec(recorded(host, "dpkg-query.stdout"))?.[1]

/** What apt 2.6 answers in the lab: lab-unsat cannot be, lab-conflict removes lab-victim, lab-newdep needs a library. */
const solver: Responder = (argv) => {
  if (argv[0] !== "apt-get" || !argv.includes("-s") || !argv.includes("install")) return undefined
  const wanted = argv.flatMap((word) => {
    const [, name, architecture, to] = /^([a-z0-9-]+):(\w+)=(.+)$/.exec(word) ?? []
    return name === undefined ? [] : [{ name, architecture, to }]
  })
  const has = (name: string) => wanted.some((row) => row.name === name)
  if (has("lab-unsat")) {
    const stdout =
      "The following packages have unmet dependencies:\n lab-unsat : Depends: lab-nowhere but it is not installable\n"
    return {
      exitCode: 100,
      stdout,
      stderr: "E: Unable to correct problems, you have held broken packages.\n",
    }
  }
  if (has("lab-conflict") && argv.includes("--no-remove")) {
    const stdout = "The following packages will be REMOVED:\n  lab-victim\n"
    return { exitCode: 100, stdout, stderr: "E: Packages need to be removed but remove is disabled.\n" }
  }
  const lines = wanted.map(
    ({ name, architecture, to }) =>
      `Inst ${name} [${installedVersion(name)}] (${to} LabOS:99-updates/stable-updates [${architecture}])\n`,
  )
  if (has("lab-newdep")) lines.unshift("Inst lab-newdep-lib (1.0-1 LabOS:99-updates/stable-updates [all])\n")
  if (has("lab-conflict")) lines.unshift("Remv lab-victim [1.0-1]\n")
  return lines.join("")
}

/** `df -kP` with this many bytes free for each path, on the mount point of its own or on the root. */
export const space =
  (available: number, mounts: Readonly<Record<string, number>> = {}): Responder =>
  ([program, ...args]) =>
    program === "df"
      ? [
          "Filesystem 1024-blocks Used Available Capacity Mounted on",
          ...args.slice(args.indexOf("--") + 1).map((path) => {
            const free = Math.floor((mounts[path] ?? available) / 1024)
            return `/dev/vda1 1000000000 1 ${free} 1% ${path in mounts ? path : "/"}`
          }),
        ].join("\n")
      : undefined

const around: ReadonlyArray<Responder> = [
  (argv) =>
    argv.some((word) => word.includes("Installed-Size"))
      ? "lab-plain\tall\t10\nlab-both\tall\t20\n"
      : undefined,
  when("apt-get -s check", ""),
  when(
    "apt-cache show",
    "Package: lab-plain\nVersion: 1.1-1\nInstalled-Size: 110\n\nPackage: lab-both\nVersion: 1.1-1\nInstalled-Size: 5\n",
  ),
  when(
    "apt-get --print-uris install",
    "'copy:/srv/lab/pool/a.deb' a_1_all.deb 1000 SHA256:0\n'copy:/srv/lab/pool/b.deb' b_1_all.deb 234 SHA256:0\n",
  ),
  space(10 ** 12),
]

interface Changes {
  readonly responders?: ReadonlyArray<Responder>
  readonly files?: Readonly<Record<string, string>>
  readonly isRoot?: boolean
}

const decodeRequest = Schema.decodeUnknownSync(InstallUpdates)

export const plan = Effect.fnUntraced(function* (request: object, changes: Changes = {}) {
  const { dependencies, calls } = yield* recordedHost(host, {
    responders: [...(changes.responders ?? []), solver, ...around],
    files: {
      ...recordedFiles(host),
      "/boot/grub/grub.cfg": "",
      "/var/cache/apt/archives/lock": "",
      ...changes.files,
    },
  })
  const planned = yield* makePlan({
    ...dependencies,
    isRoot: changes.isRoot ?? true,
    inventory: collectInventory(dependencies, "inventory"),
    updates: collectUpdates(dependencies),
  })(decodeRequest(request))
  const trials = calls.filter(({ args }) => args.includes("-s") && args.includes("install")).length
  return { ...planned, trials }
})

export const packages = (...names: ReadonlyArray<string>) => ({
  selection: { kind: "packages", packages: names.map((name) => ({ name, version: "1.1-1" })) },
})
export const all = { selection: { kind: "all" } }

export const installs = ({ plan: { installs: rows } }: Planned) =>
  rows.map(({ name, role }) => `${name} ${role}`)
export const leftOut = (found: { readonly plan: InstallPlan }): Record<string, string> =>
  Object.fromEntries(found.plan.leftOut.map(({ name, reason }) => [name, reason]))
export const codes = ({ preflight }: Planned) => preflight.map(({ code }) => code)
