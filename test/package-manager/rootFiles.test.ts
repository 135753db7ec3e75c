import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import { bash, debian, installedIn, refusalOf, rootOnDisk, type RootTree } from "./rootOnDisk.ts"

describe("the files of a root", () => {
  it.effect("are found behind absolute links, which never lead to this host", () =>
    Effect.gen(function* () {
      const outside = yield* rootOnDisk({ "/os-release": "ID=outside\n", "/status": bash })
      const found = yield* installedIn({
        "/etc/os-release": { link: "/usr/lib/os-release" },
        "/usr/lib/os-release": debian,
        "/var": { link: "/state/./../state/var" },
        "/state/var/lib/dpkg": { link: "/data/dpkg" },
        "/data/dpkg/status": bash,
      })
      assert.deepStrictEqual([found.system.osId, found.packages.length], ["debian", 1])
      // The same path leads to a real file outside of the root.
      assert.deepStrictEqual(
        yield* refusalOf({
          "/etc/os-release": { link: `${outside}/os-release` },
          "/var/lib/dpkg/status": { link: `${outside}/status` },
        }),
        ["no_database", "/", "there is no package database of dpkg or rpm or apk or pacman"],
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect.each<readonly [what: string, tree: RootTree, refused: ReadonlyArray<string>]>([
    [
      "a link that climbs out",
      { "/etc/os-release": { link: "../../../../../../etc/os-release" } },
      ["leads_outside", "/etc/os-release", "a link leads out of the root"],
    ],
    [
      "links in a circle",
      { "/etc/os-release": { link: "other" }, "/etc/other": { link: "/etc/os-release" } },
      ["unreadable", "/etc/os-release", "its links lead round in a circle"],
    ],
    [
      "a folder instead of a file",
      { "/etc/os-release": debian, "/var/lib/dpkg/status/x": "" },
      ["no_file", "/var/lib/dpkg/status", "it is no ordinary file"],
    ],
    [
      "a file that is far too large",
      { "/etc/os-release": { zeros: 1024 * 1024 } },
      ["too_large", "/etc/os-release", "it is larger than 65536 bytes"],
    ],
  ])("are refused as %s", ([, tree, refused]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* refusalOf(tree), refused)
    }),
  )
})
