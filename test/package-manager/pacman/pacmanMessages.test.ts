import { assert, describe, it } from "@effect/vitest"
import {
  complaintOf,
  isLockRefusal,
  otherErrors,
  unusableDatabases,
} from "../../../src/package-manager/pacman/pacmanMessages.ts"

describe("what pacman says of itself", () => {
  it("is one line of its errors and reasons, or else its last words", () => {
    assert.strictEqual(
      complaintOf({
        stdout: ":: unable to satisfy dependency 'a>=2' required by b\n",
        stderr: "warning: x\nerror: failed to prepare transaction (could not satisfy dependencies)\n",
      }),
      "failed to prepare transaction (could not satisfy dependencies); unable to satisfy dependency 'a>=2' required by b",
    )
    assert.strictEqual(complaintOf({ stdout: "x\nlast words\n", stderr: "" }), "x last words")
  })

  it("is a lock refusal only where pacman says so", () => {
    const refusal =
      "error: failed to init transaction (unable to lock database)\nerror: could not lock database: File exists\n  if you're sure a package manager is not already\n  running, you can remove /var/lib/pacman/db.lck\n"
    assert.isTrue(isLockRefusal(refusal))
    assert.isFalse(isLockRefusal("error: failed to commit transaction (conflicting files)\n"))
  })

  it("names the databases it cannot use, in all of its ways", () => {
    const stderr = `warning: database file for 'extra' does not exist (use '-Sy' to download)
error: lab: signature from "LabOS archive <lab@example.invalid>" is invalid
error: database 'lab' is not valid (invalid or corrupted database (PGP signature))
error: could not open file /var/lib/pacman/sync/core.db: Unrecognized archive format
error: duplicated database entry 'glibc'
warning: lab-newer: local (2.0-1) is newer than lab (1.0-1)
`
    assert.deepStrictEqual(
      [...unusableDatabases(stderr)],
      [
        ["extra", "was never downloaded"],
        ["lab", "invalid or corrupted database (PGP signature)"],
        ["core", "Unrecognized archive format"],
      ],
    )
    assert.deepStrictEqual(otherErrors(stderr, new Set(["extra", "lab", "core"])), [
      "duplicated database entry 'glibc'",
    ])
  })
})
