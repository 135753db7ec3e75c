import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { ManagerId } from "../../src/domain/Package.ts"
import type { Box } from "../../test/system/lab/Box.ts"
import { runBare } from "../measure/childCost.ts"

// Hosts with thousands of packages and repositories as large as a distribution's, as far as their databases go: the
// files of the packages are not there.

const nameOf = (index: number) => `many-${String(index).padStart(4, "0")}`

const names = (count: number) => Array.from({ length: count }, (_, index) => nameOf(index))

/** One spec file with many subpackages is built in a second. */
export const buildManyRpms = Effect.fnUntraced(function* (folder: string, count: number) {
  const fs = yield* FileSystem.FileSystem
  const spec = [
    "Name: many\nVersion: 1.0\nRelease: 1\nSummary: many\nLicense: MIT\nBuildArch: noarch\n%description\nmany",
    ...names(count).map(
      (name) => `%package -n ${name}\nSummary: one\n%description -n ${name}\none\n%files -n ${name}`,
    ),
  ]
  yield* fs.writeFileString(`${folder}/many.spec`, `${spec.join("\n")}\n`)
  const definitions = [`_topdir ${folder}`, "_binary_payload w0.gzdio", "__os_install_post %{nil}"]
  yield* runBare("rpmbuild", [
    "-bb",
    ...definitions.flatMap((definition) => ["--define", definition]),
    `${folder}/many.spec`,
  ])
  return `${folder}/RPMS/noarch`
})

const dpkgStatus = (count: number) =>
  names(count)
    .map(
      (name) =>
        `Package: ${name}\nStatus: install ok installed\nMaintainer: Lab <lab@example.invalid>\nArchitecture: all\nVersion: 1.0-1\nDescription: one\n\n`,
    )
    .join("")

/** Debian's own archive, with the updates since the last point release, instead of the lab's awkward ones. */
export const rootOf = (manager: ManagerId, root: string) =>
  manager === "apt" ? root.replace("-lab", "-real") : root

/** Packages in Arch's `core` and `extra`, roughly. */
const archPackages = 15_000

const localDesc = (name: string) =>
  `%NAME%\n${name}\n\n%VERSION%\n1.0-1\n\n%BASE%\n${name}\n\n%DESC%\none\n\n%ARCH%\nany\n\n%BUILDDATE%\n1\n\n%INSTALLDATE%\n1\n\n%PACKAGER%\nLab\n\n%SIZE%\n1\n\n%VALIDATION%\nnone\n\n`

const syncDesc = (name: string) =>
  `%FILENAME%\n${name}-1.0-1-any.pkg.tar.zst\n\n%NAME%\n${name}\n\n%BASE%\n${name}\n\n%VERSION%\n1.0-1\n\n%DESC%\none\n\n%CSIZE%\n1\n\n%ISIZE%\n1\n\n%SHA256SUM%\n${"0".repeat(64)}\n\n%ARCH%\nany\n\n%BUILDDATE%\n1\n\n%PACKAGER%\nLab\n\n`

/** Writes `FOLDER/NAME-1.0-1/FILE` for each package and each file. */
const writeEntries = Effect.fnUntraced(function* (
  folder: string,
  count: number,
  files: Readonly<Record<string, (name: string) => string>>,
) {
  const fs = yield* FileSystem.FileSystem
  for (const name of names(count)) {
    yield* fs.makeDirectory(`${folder}/${name}-1.0-1`, { recursive: true })
    for (const [file, text] of Object.entries(files)) {
      yield* fs.writeFileString(`${folder}/${name}-1.0-1/${file}`, text(name))
    }
  }
})

const addPacmanPackages = Effect.fnUntraced(function* (box: Box, count: number) {
  const fs = yield* FileSystem.FileSystem
  yield* writeEntries(box.hostPath("/var/lib/pacman/local"), count, {
    desc: localDesc,
    files: () => "%FILES%\n",
  })
  const offered = yield* fs.makeTempDirectoryScoped()
  yield* writeEntries(offered, archPackages, { desc: syncDesc })
  const database = box.hostPath("/var/lib/pacman/sync/many.db")
  // pacman takes no entry whose name begins with `./`.
  const entries = names(archPackages).map((name) => `${name}-1.0-1`)
  yield* runBare("tar", ["--create", "--gzip", "--file", database, "--directory", offered, ...entries])
  const repository = "\n[many]\nSigLevel = Never\nServer = file:///srv/many\n"
  yield* box.run(["tee", "-a", "/etc/pacman.conf"], { stdin: repository })
})

const addAptPackages = Effect.fnUntraced(function* (box: Box, count: number) {
  yield* box.run(["tee", "-a", "/var/lib/dpkg/status"], { stdin: `\n${dpkgStatus(count)}` })
  // Like every real host, and unlike the lab, this one keeps apt's binary cache.
  yield* box.run(["sed", "-i", "/pkgcache/d", "/etc/apt/apt.conf.d/99lab"])
  yield* box.run(["apt-get", "check"])
})

/** Adds `count` packages to the database of a box. `rpms` is where `buildManyRpms` put its packages, seen from inside. */
export const addPackages = (box: Box, manager: ManagerId, count: number, rpms: string) => {
  switch (manager) {
    case "apt":
      return addAptPackages(box, count)
    case "dnf":
    case "zypper": {
      const files = names(count).map((name) => `${rpms}/${name}-1.0-1.noarch.rpm`)
      return Effect.asVoid(
        box.run(["rpm", "--install", "--justdb", "--nodeps", "--nosignature", "--nodigest", ...files], {
          timeout: "5 minutes",
        }),
      )
    }
    case "pacman":
      return addPacmanPackages(box, count)
    case "apk":
      return Effect.void
  }
}
