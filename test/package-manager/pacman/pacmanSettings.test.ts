import { assert, describe, it } from "@effect/vitest"
import { parseSettings } from "../../../src/package-manager/pacman/pacmanSettings.ts"
import { recorded, recordedHosts } from "./recordedHost.ts"

describe("parseSettings", () => {
  it.each(recordedHosts)("reads what pacman-conf of %s prints", (host) => {
    assert.deepStrictEqual(parseSettings(recorded(host, "pacman-conf.stdout")), {
      databasePath: "/var/lib/pacman",
      rootPath: "/",
      cacheFolder: "/var/cache/pacman/pkg",
      ignoredPackages: ["lab-held"],
      ignoredGroups: ["lab-gr*"],
      repositories: ["lab"],
      notUnderstood: 0,
    })
  })

  it("keeps the order of the repositories, and their settings from the options", () => {
    const { repositories, cacheFolder } = parseSettings(
      "[options]\nCheckSpace\nCacheDir = /srv/cache/\n[core]\nUsage = All\n[own]\nCacheDir = /x\nServer = https://example.org/\n",
    )
    assert.deepStrictEqual([repositories, cacheFolder], [["core", "own"], "/srv/cache"])
  })

  it("counts what is no setting", () => {
    assert.strictEqual(parseSettings("[options]\nDBPath = /x/\nwhat is this?\n= 1\n").notUnderstood, 2)
  })
})
