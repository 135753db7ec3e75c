import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { ManagerId } from "../../src/domain/Package.ts"
import type { Box } from "../../test/system/lab/Box.ts"
import { runBare } from "../measure/childCost.ts"

// Hosts with thousands of packages, as far as their package databases go: the files of the packages are not there.

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

const pacmanDesc = (name: string) =>
  `%NAME%\n${name}\n\n%VERSION%\n1.0-1\n\n%BASE%\n${name}\n\n%DESC%\none\n\n%ARCH%\nany\n\n%BUILDDATE%\n1\n\n%INSTALLDATE%\n1\n\n%PACKAGER%\nLab\n\n%SIZE%\n1\n\n%VALIDATION%\nnone\n\n`

/** Adds `count` packages to the database of a box. `rpms` is where `buildManyRpms` put its packages, seen from inside. */
export const addPackages = (box: Box, manager: ManagerId, count: number, rpms: string) => {
  switch (manager) {
    case "apt":
      return Effect.asVoid(
        box.run(["tee", "-a", "/var/lib/dpkg/status"], { stdin: `\n${dpkgStatus(count)}` }),
      )
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
      return Effect.forEach(
        names(count),
        (name) =>
          Effect.flatMap(FileSystem.FileSystem, (fs) => {
            const folder = box.hostPath(`/var/lib/pacman/local/${name}-1.0-1`)
            return Effect.andThen(
              fs.makeDirectory(folder),
              Effect.andThen(
                fs.writeFileString(`${folder}/desc`, pacmanDesc(name)),
                fs.writeFileString(`${folder}/files`, "%FILES%\n"),
              ),
            )
          }),
        { discard: true },
      )
    case "apk":
      return Effect.void
  }
}
