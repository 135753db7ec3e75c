import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { installedTree } from "./installedTree.ts"
import type { Payload } from "./payload.ts"
import { checkout, machineName, packageVersion, type Release } from "./Release.ts"
import { runTool } from "./runTool.ts"
import { fillIn, type TreeFile, writeTree } from "./tree.ts"

const templates = `${checkout}/packaging/deb`
const scripts = ["preinst", "postinst", "prerm", "postrm"] as const
const documentation = "usr/share/doc/patchctl-agent"

const changelog = (version: string, epoch: string) => {
  // As dpkg wants it: Mon, 23 Nov 2026 03:00:00 +0000
  const date = new Date(Number(epoch) * 1000).toUTCString().replace("GMT", "+0000")
  return `patchctl-agent (${version}) stable; urgency=medium

  * Release ${version}; changes for operators are in CHANGELOG.md of the sources.

 -- PatchCTL <packages@patchctl.com>  ${date}
`
}

/** Builds `patchctl-agent_VERSION_ARCH.deb` with dpkg-deb and answers its name. */
export const makeDeb = Effect.fn("makeDeb")(function* (payload: Payload, release: Release) {
  const files = yield* FileSystem.FileSystem
  const root = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-deb-" })
  yield* files.chmod(root, 0o755)
  const version = packageVersion(release.version)
  const template = (name: string) => files.readFileString(`${templates}/${name}`)
  const shipped: ReadonlyArray<TreeFile> = [
    ...installedTree(payload, "deb"),
    { path: `${documentation}/copyright`, content: { copyOf: `${templates}/copyright` } },
    { path: `${documentation}/changelog.gz`, content: { packed: changelog(version, release.epoch) } },
    { path: `${documentation}/NODE-LICENSE.gz`, content: { packed: payload.nodeLicence } },
    { path: `${documentation}/NPM-LICENSES.gz`, content: { packed: payload.npmLicences } },
    {
      path: "usr/share/lintian/overrides/patchctl-agent",
      content: { copyOf: `${templates}/lintian-overrides` },
    },
  ]
  yield* writeTree(root, shipped)
  const used = yield* runTool("du", ["-sk", "--apparent-size", root])
  const sums = yield* runTool("sh", [
    "-euc",
    'cd "$1"; find * -type f -print0 | sort -z | xargs -0 md5sum',
    "sh",
    root,
  ])
  const values = {
    DEB_VERSION: version,
    DEB_ARCH: machineName(release.arch, "deb"),
    INSTALLED_KB: used.split("\t")[0] ?? "0",
    HOST: payload.hostScript,
  }
  const control: ReadonlyArray<TreeFile> = [
    { path: "DEBIAN/control", content: { text: fillIn(yield* template("control"), values) } },
    { path: "DEBIAN/md5sums", content: { text: sums } },
    ...(yield* Effect.forEach(scripts, (name) =>
      Effect.map(template(name), (text) => ({
        path: `DEBIAN/${name}`,
        mode: 0o755,
        content: { text: fillIn(text, values) },
      })),
    )),
  ]
  yield* writeTree(root, control)
  const name = `patchctl-agent_${version}_${machineName(release.arch, "deb")}.deb`
  const compression = release.fast ? ["-Zgzip", "-z1"] : ["-Zxz"]
  yield* runTool(
    "dpkg-deb",
    ["--root-owner-group", ...compression, "--build", root, `${release.output}/${name}`],
    { env: { SOURCE_DATE_EPOCH: release.epoch } },
  )
  return name
}, Effect.scoped)
