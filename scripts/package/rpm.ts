import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { installedTree } from "./installedTree.ts"
import type { Payload } from "./payload.ts"
import { checkout, machineName, packageVersion, type Release } from "./Release.ts"
import { runTool } from "./runTool.ts"
import { fillIn, type TreeFile, writeTree } from "./tree.ts"

const licences = "usr/share/licenses/patchctl-agent"

/** Folders of our own, and those of shells that need not be there: without an owner they would be left behind. */
const ownFolders = [
  "/opt/patchctl",
  "/opt/patchctl/bin",
  `/${licences}`,
  "/usr/share/bash-completion",
  "/usr/share/bash-completion/completions",
  "/usr/share/fish",
  "/usr/share/fish/vendor_completions.d",
  "/usr/share/zsh",
  "/usr/share/zsh/site-functions",
]

const fileLine = ({ path, mode, content }: TreeFile): string => {
  // The daemon's, whose user does not exist yet when files are unpacked.
  if (path === "opt/patchctl/log") return `%dir %attr(755,root,root) %verify(not user group) /${path}`
  if ("folder" in content) return `%dir %attr(755,root,root) /${path}`
  if (path.startsWith("usr/share/licenses/")) return `%license /${path}`
  if (path.startsWith("usr/share/man/")) return `%doc %attr(644,root,root) /${path}`
  return "linkTo" in content ? `/${path}` : `%attr(${(mode ?? 0o644).toString(8)},root,root) /${path}`
}

/** rpm expands `%` in scriptlets too. */
const literal = (script: string): string => script.replaceAll("%", "%%")

/** As rpm wants it: Mon Nov 23 2026. */
const changelogDate = (epoch: string): string =>
  new Date(Number(epoch) * 1000).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) .*$/, "$1 $3 $2 $4")

/** Builds `patchctl-agent-VERSION-1.ARCH.rpm` with rpmbuild and answers its name. */
export const makeRpm = Effect.fn("makeRpm")(function* (payload: Payload, release: Release) {
  const files = yield* FileSystem.FileSystem
  const work = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-rpm-" })
  const shipped: ReadonlyArray<TreeFile> = [
    ...installedTree(payload, "rpm"),
    { path: `${licences}/LICENSE`, content: { copyOf: payload.licence } },
    { path: `${licences}/NODE-LICENSE`, content: { text: payload.nodeLicence } },
    { path: `${licences}/NPM-LICENSES`, content: { text: payload.npmLicences } },
  ]
  yield* writeTree(`${work}/staged`, shipped)
  const version = packageVersion(release.version)
  const values = {
    RPM_VERSION: version,
    RPM_DATE: changelogDate(release.epoch),
    HOST: literal(payload.hostScript),
    FILES: [...ownFolders.map((path) => `%dir %attr(755,root,root) ${path}`), ...shipped.map(fileLine)].join(
      "\n",
    ),
  }
  const spec = yield* files.readFileString(`${checkout}/packaging/rpm/patchctl-agent.spec`)
  yield* files.writeFileString(`${work}/patchctl-agent.spec`, fillIn(spec, values))
  const machine = machineName(release.arch, "rpm")
  const macros = {
    _topdir: work,
    staged: `${work}/staged`,
    _buildhost: "localhost",
    use_source_date_epoch_as_buildtime: "1",
    clamp_mtime_to_source_date_epoch: "1",
    source_date_epoch_from_changelog: "0",
    _binary_payload: release.fast ? "w1.gzdio" : "w6.xzdio",
  }
  yield* runTool(
    "rpmbuild",
    [
      "-bb",
      "--quiet",
      `--target=${machine}-linux`,
      // A database of its own, so that none of this host is read.
      `--dbpath=${work}/db`,
      ...Object.entries(macros).flatMap(([name, value]) => ["--define", `${name} ${value}`]),
      `${work}/patchctl-agent.spec`,
    ],
    { env: { SOURCE_DATE_EPOCH: release.epoch, HOME: work } },
  )
  const name = `patchctl-agent-${version}-1.${machine}.rpm`
  yield* files.copyFile(`${work}/RPMS/${machine}/${name}`, `${release.output}/${name}`)
  return name
}, Effect.scoped)
