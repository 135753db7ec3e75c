import { assert, describe, it } from "@effect/vitest"
import {
  complaintOf,
  errorsOf,
  lockRefusal,
  wantsRoot,
} from "../../../src/package-manager/apt/aptMessages.ts"

describe("aptMessages", () => {
  it("joins the continuation lines of an error", () => {
    const stderr =
      "W: something\nE: Unable to correct problems\nE: The solver says:\n   Reached two decisions:\n   1. a\nN: note\n"
    assert.deepStrictEqual(errorsOf(stderr), [
      "Unable to correct problems",
      "The solver says: Reached two decisions: 1. a",
    ])
  })

  it("complains with apt's errors, else with the end of what was said", () => {
    assert.strictEqual(complaintOf({ stdout: "out", stderr: "noise\nE: broken\n" }), "broken")
    assert.strictEqual(complaintOf({ stdout: "out", stderr: "dpkg: error: x\n" }), "dpkg: error: x")
    assert.strictEqual(complaintOf({ stdout: "only\nout\n", stderr: " \n" }), "only out")
  })

  it("names the holder of a lock as apt and dpkg of several generations do", () => {
    const cases: ReadonlyArray<readonly [string, ReturnType<typeof lockRefusal>]> = [
      [
        "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 35 (unattended-upgr)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?\n",
        { lock: "/var/lib/dpkg/lock-frontend", pid: 35, program: "unattended-upgr" },
      ],
      [
        "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 26 (apt-get)\n",
        { lock: "/var/lib/apt/lists/lock", pid: 26, program: "apt-get" },
      ],
      [
        "E: Could not get lock /var/lib/dpkg/lock - open (11: Resource temporarily unavailable)\n",
        { lock: "/var/lib/dpkg/lock" },
      ],
      [
        "dpkg: error: dpkg frontend lock was locked by another process with pid 35\n",
        { lock: "/var/lib/dpkg/lock-frontend", pid: 35 },
      ],
      [
        "dpkg: error: dpkg frontend lock was locked by /usr/bin/perl process with pid 35\n",
        { lock: "/var/lib/dpkg/lock-frontend", pid: 35, program: "perl" },
      ],
      ["dpkg: error: dpkg database is locked by another process\n", { lock: "/var/lib/dpkg/lock" }],
    ]
    for (const [stderr, holder] of cases) assert.deepStrictEqual(lockRefusal(stderr), holder)
  })

  it("does not take waiting for a lock, or missing permission, for a held one", () => {
    const waiting =
      "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4 (apt)...\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n"
    assert.isUndefined(lockRefusal(waiting))
    const denied =
      "E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)\nE: Unable to lock directory /var/lib/apt/lists/\n"
    assert.isUndefined(lockRefusal(denied))
    assert.isTrue(wantsRoot(denied))
  })
})
