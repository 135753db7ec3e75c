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
      repositories: [{ name: "lab", upgrades: true }],
      notUnderstood: 0,
    })
  })

  it("keeps the order of the repositories and knows which are for searching only", () => {
    const { repositories } = parseSettings(
      "[options]\nCheckSpace\n[core]\nUsage = All\n[testing]\nUsage = Sync\nUsage = Search\n[own]\nUsage = Sync\nUsage = Upgrade\nServer = https://example.org/\n",
    )
    assert.deepStrictEqual(repositories, [
      { name: "core", upgrades: true },
      { name: "testing", upgrades: false },
      { name: "own", upgrades: true },
    ])
  })

  it("counts what is no setting", () => {
    assert.strictEqual(parseSettings("[options]\nDBPath = /x/\nwhat is this?\n= 1\n").notUnderstood, 2)
  })
})
