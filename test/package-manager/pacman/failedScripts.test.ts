import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { watchScripts } from "../../../src/package-manager/pacman/failedScripts.ts"
import { recorded, recordedHosts } from "./recordedHost.ts"

const watched = (stderr: string) => {
  const scripts = watchScripts()
  for (const line of stderr.split("\n").slice(0, -1)) scripts.onErrorLine(line)
  return scripts
}

describe("watchScripts", () => {
  it.each(recordedHosts)("finds whose scriptlets failed in the trace of %s, and the hook", (host) => {
    const scripts = watched(recorded(host, "trace.stderr"))
    const { packages, hooks } = scripts.failed()
    assert.deepStrictEqual(
      [...packages],
      [
        ["lab-failpost", "its post_upgrade failed: command failed to execute correctly"],
        ["lab-failpre", "its pre_upgrade failed: command failed to execute correctly"],
      ],
    )
    assert.deepStrictEqual(hooks, ["a hook that runs /bin/false failed: command failed to execute correctly"])
    assert.strictEqual(scripts.said(), "error: command failed to execute correctly\n".repeat(3))
  })

  it("knows a scriptlet that was killed, and one that a removal runs", () => {
    const { packages } = watched(
      'debug: removing package old-1:1.0-1\ndebug: executing ". /tmp/alpm_x/.INSTALL; post_remove 1:1.0-1"\ndebug: executing "/bin/sh" under chroot "/"\nerror: command terminated by signal 9: Killed\n',
    ).failed()
    assert.deepStrictEqual(
      [...packages],
      [["old", "its post_remove failed: command terminated by signal 9: Killed"]],
    )
  })

  it("blames nobody alone where there is no trace", () => {
    const { packages, hooks } = watched("error: command failed to execute correctly\n").failed()
    assert.deepStrictEqual([packages.size, hooks.length], [0, 1])
  })

  it("keeps little of much that is said, and its end", () => {
    const said = watched(`${"warning: again and again\n".repeat(10_000)}error: at last\n`).said()
    assert.isAtMost(said.length, 65_536)
    assert.isTrue(said.endsWith("error: at last\n"))
  })

  it.prop("takes any line", [Schema.Array(Schema.String)], ([lines]) => {
    const scripts = watchScripts()
    for (const line of lines) scripts.onErrorLine(line)
    return scripts.failed().packages.size === 0
  })
})
