import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { npmLicences } from "./licences.ts"
import { manualPage } from "./manual.ts"
import { checkout, type Release } from "./Release.ts"
import { runTool } from "./runTool.ts"

/** What every package ships, in memory or by the path in the checkout. */
export interface Payload {
  readonly executable: string
  /** For the distribution's own Node.js. */
  readonly bundle: string
  readonly completions: Readonly<Record<"bash" | "zsh" | "fish", string>>
  readonly manuals: Readonly<Record<"patchctl.1" | "patchctl-agent.8", string>>
  /** Files of packaging/systemd. */
  readonly units: ReadonlyArray<string>
  readonly sysusers: string
  readonly openrc: string
  readonly licence: string
  readonly nodeLicence: string
  readonly npmLicences: string
  /** What deb, rpm and install.sh do alike. */
  readonly hostScript: string
}

const packaging = `${checkout}/packaging`

/** Self-update belongs to the install script: deb and rpm update by their own means. */
export const isSelfUpdateUnit = (path: string): boolean => path.includes("/patchctl-update.")

const withoutHead = (script: string): string => script.replace(/^(?:#.*\n)+\n/, "").trimEnd()

export const makePayload = Effect.fn("makePayload")(function* (dist: string, release: Release) {
  const files = yield* FileSystem.FileSystem
  const bundle = `${dist}/bundle/patchctl-agent.cjs`
  const completions = (shell: string) => runTool(process.execPath, [bundle, "--completions", shell])
  const reference = yield* files.readFileString(`${checkout}/docs/reference/cli.md`)
  const date = new Date(Number(release.epoch) * 1000).toISOString().slice(0, 10)
  const manual = (program: string, section: number) =>
    files
      .readFileString(`${packaging}/man/${program}.${section}`)
      .pipe(
        Effect.map((template) =>
          manualPage(template, reference, { program, version: release.version, date }),
        ),
      )
  const units = (yield* files.readDirectory(`${packaging}/systemd`))
    .filter((name) => /\.(?:service|socket|timer)$/.test(name))
    .sort()
  const payload: Payload = {
    executable: `${dist}/linux-${release.arch}/patchctl-agent`,
    bundle,
    completions: {
      bash: yield* completions("bash"),
      zsh: yield* completions("zsh"),
      fish: yield* completions("fish"),
    },
    manuals: {
      "patchctl.1": yield* manual("patchctl", 1),
      "patchctl-agent.8": yield* manual("patchctl-agent", 8),
    },
    units: units.map((name) => `${packaging}/systemd/${name}`),
    sysusers: `${packaging}/systemd/patchctl.sysusers.conf`,
    openrc: `${packaging}/openrc/patchctl`,
    licence: `${checkout}/LICENSE`,
    nodeLicence: yield* files.readFileString(`${checkout}/node_modules/node-linux-${release.arch}/LICENSE`),
    npmLicences: yield* npmLicences(dist),
    hostScript: withoutHead(yield* files.readFileString(`${packaging}/host.sh`)),
  }
  return payload
})
