import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { Payload } from "./payload.ts"
import { checkout, type Release } from "./Release.ts"
import { PackageError, runTool } from "./runTool.ts"
import { fillIn, type TreeFile, writeTree } from "./tree.ts"

const scripts = `${checkout}/packaging/install`

/** The same program for the distribution's own Node.js (Alpine). One flag is all that fits into such a line. */
const underNode = (bundle: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const text = (yield* files.readFileString(bundle)).replace(/^#!.*\n/, "")
    return `#!/usr/bin/node --lite-mode\n${text}`
  })

const archiveTree = (
  payload: Payload,
  program: TreeFile["content"],
  updateRoot: Option.Option<string>,
): ReadonlyArray<TreeFile> => [
  { path: "patchctl-agent", mode: 0o755, content: program },
  { path: "uninstall.sh", mode: 0o755, content: { copyOf: `${scripts}/uninstall.sh` } },
  { path: "LICENSE", content: { copyOf: payload.licence } },
  { path: "NODE-LICENSE", content: { text: payload.nodeLicence } },
  { path: "NPM-LICENSES", content: { text: payload.npmLicences } },
  { path: "man/patchctl.1", content: { text: payload.manuals["patchctl.1"] } },
  { path: "man/patchctl-agent.8", content: { text: payload.manuals["patchctl-agent.8"] } },
  { path: "completions/patchctl.bash", content: { text: payload.completions.bash } },
  { path: "completions/patchctl.zsh", content: { text: payload.completions.zsh } },
  { path: "completions/patchctl.fish", content: { text: payload.completions.fish } },
  { path: "openrc/patchctl", mode: 0o755, content: { copyOf: payload.openrc } },
  ...payload.units.map((unit) => ({
    path: `systemd/${unit.slice(unit.lastIndexOf("/") + 1)}`,
    content: { copyOf: unit },
  })),
  ...Option.match(updateRoot, {
    onNone: () => [],
    onSome: (file) => [{ path: "root.json", content: { copyOf: file } }],
  }),
]

/** The archives that install.sh takes, as .tar.xz, and as .tar.gz for hosts without xz; answers their names. */
export const makeArchives = Effect.fn("makeArchives")(function* (
  payload: Payload,
  release: Release,
  updateRoot: Option.Option<string>,
) {
  const files = yield* FileSystem.FileSystem
  const work = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-tar-" })
  const programs: ReadonlyArray<readonly [platform: string, program: TreeFile["content"]]> = [
    [`linux-${release.arch}`, { copyOf: payload.executable }],
    ["linux-node", { text: yield* underNode(payload.bundle) }],
  ]
  const names = yield* Effect.forEach(
    programs,
    Effect.fnUntraced(function* ([platform, program]) {
      const name = `patchctl-agent-${release.version}-${platform}`
      yield* writeTree(`${work}/${name}`, archiveTree(payload, program, updateRoot))
      const tar = `${work}/${name}.tar`
      const same = ["--sort=name", "--format=gnu", `--mtime=@${release.epoch}`, "--owner=0", "--group=0"]
      yield* runTool("tar", [...same, "--numeric-owner", "-cf", tar, "-C", work, name])
      yield* runTool("gzip", ["-n", release.fast ? "-1k" : "-9k", tar])
      if (!release.fast) yield* runTool("xz", ["-6", "-T1", "--keep", tar])
      const made = release.fast ? [`${name}.tar.gz`] : [`${name}.tar.gz`, `${name}.tar.xz`]
      yield* Effect.forEach(made, (file) => files.copyFile(`${work}/${file}`, `${release.output}/${file}`))
      return made
    }),
  )
  return names.flat()
}, Effect.scoped)

/** Lists checksums of `names`, signs the list, and writes the install script that trusts this key and no other. */
export const signRelease = Effect.fn("signRelease")(function* (
  payload: Payload,
  release: Release,
  names: ReadonlyArray<string>,
  key: Option.Option<string>,
) {
  const files = yield* FileSystem.FileSystem
  const within = { cwd: release.output }
  const sums = yield* runTool("sha256sum", ["--", ...[...names].sort()], within)
  yield* files.writeFileString(`${release.output}/SHA256SUMS`, sums)
  if (Option.isNone(key)) return ["SHA256SUMS"]
  const publicKey = yield* runTool("openssl", ["pkey", "-in", key.value, "-pubout"])
  if (!(yield* runTool("openssl", ["pkey", "-in", key.value, "-text", "-noout"])).includes("prime256v1")) {
    return yield* new PackageError({
      what: `${key.value} is no ECDSA P-256 key; make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`,
    })
  }
  yield* runTool(
    "openssl",
    ["dgst", "-sha256", "-sign", key.value, "-out", "SHA256SUMS.sig", "SHA256SUMS"],
    within,
  )
  const script = fillIn(yield* files.readFileString(`${scripts}/install.sh`), {
    RELEASE_KEY: publicKey.trim(),
    HOST: payload.hostScript,
  })
  yield* files.writeFileString(`${release.output}/install.sh`, script, { mode: 0o755 })
  return ["SHA256SUMS", "SHA256SUMS.sig", "install.sh"]
})
