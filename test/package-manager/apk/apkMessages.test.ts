import { assert, describe, it } from "@effect/vitest"
import { ended } from "../../../src/package-manager/apk/apkFailure.ts"
import {
  complaintOf,
  complaintsAbout,
  errorsOf,
  repositoryWarnings,
} from "../../../src/package-manager/apk/apkMessages.ts"
import { interruptedStep, leftScript } from "../../../src/package-manager/apk/apkInterruption.ts"
import { parseExplanations } from "../../../src/package-manager/apk/apkUpdates.ts"
import { generations, recorded, recordedFile } from "./recordings.ts"

const one = (name: string) => ({ name, version: "1.1-r0" })

describe("what apk says on stderr", () => {
  it.each(generations)("names the packages whose scripts failed in apk %i", (generation) => {
    const { stderr } = recorded(generation, "upgrade-failing-scripts")
    const names = ["lab-post-upgrade", "lab-pre-upgrade", "lab-trigger", "lab-post", "lab-noarch"]
    const found = complaintsAbout(stderr, names.map(one))
    assert.deepStrictEqual([...found.keys()], ["lab-post-upgrade", "lab-pre-upgrade", "lab-trigger"])
    assert.match(found.get("lab-trigger") ?? "", /exited with error 4$/)
    assert.notMatch(found.get("lab-post-upgrade") ?? "", /went wrong/)
  })

  it.each(generations)("names the packages that apk %i could not download or unpack", (generation) => {
    const { stderr } = recorded(generation, "upgrade-lost-packages")
    const found = complaintsAbout(stderr, [{ name: "lab-libs", version: "2.0-r1" }, one("lab-plain")])
    assert.deepStrictEqual([...found.keys()].toSorted(), ["lab-libs", "lab-plain"])
  })

  it.each(generations)("tells a lock, a lack of rights and damage apart in apk %i", (generation) => {
    const reasonOf = (what: string) => ended(recorded(generation, what).stderr)
    assert.deepStrictEqual(
      [
        "upgrade-locked",
        "upgrade-locked-after-waiting",
        "upgrade-not-root",
        "upgradable-damaged-database",
        "upgrade-refused-by-hook",
      ].map(reasonOf),
      ["locked", "locked", "needs_root", "database_damaged", "failed"],
    )
    assert.strictEqual(ended("ERROR: Unable to lock database: Read-only file system\n"), "failed")
  })

  it.each(generations)("explains in apk %i what stands in the way", (generation) => {
    const { stderr } = recorded(generation, "simulate-unsatisfiable")
    assert.deepStrictEqual(errorsOf(stderr), [
      "unable to select packages: lab-victim-1.0-r0: breaks: lab-conflict-1.1-r0[!lab-victim] satisfies: world[lab-victim] lab-nowhere (no such package): required by: lab-unsat-1.1-r0[lab-nowhere]",
    ])
    const explained = parseExplanations(recorded(generation, "explain-latest").stderr)
    assert.strictEqual(
      explained.get("lab-part-1.1-r0"),
      "breaks: lab-holder-1.0-r0[lab-part=1.0-r0] satisfies: world[lab-part]",
    )
  })

  it("tells repositories whose old index is used from those that have none, by one name in both generations", () => {
    const found = generations.map((generation) =>
      ["update-repository-down", "update-without-index", "update-untrusted", "update-folder-gone"].flatMap(
        (what) =>
          repositoryWarnings(recorded(generation, what).stderr).map(
            ({ repository, isUsable }) => `${what.slice(7)} ${repository} ${isUsable}`,
          ),
      ),
    )
    const expected = [
      "repository-down http://repo.example.org/edge true",
      "without-index http://repo.example.org/edge false",
      "untrusted http://repo.example.org/main false",
      "untrusted http://repo.example.org/edge false",
      "folder-gone /media/gone false",
    ]
    assert.deepStrictEqual(found, [expected, expected])
  })

  it("gives no password away", () => {
    const stderr = "ERROR: http://user:secret@repo.example.org/main: oops\n"
    assert.notInclude(complaintOf({ stdout: "", stderr }), "secret")
    assert.notInclude(
      complaintOf({ stdout: "fetch http://user:secret@repo.example.org/x\n", stderr: "" }),
      "secret",
    )
  })
})

describe("a transaction that was cut off", () => {
  it("is found by the script that is left", () => {
    assert.deepStrictEqual(leftScript("lab-hangpost-1.1-r0.post-upgrade"), {
      name: "lab-hangpost",
      version: "1.1-r0",
    })
    assert.isUndefined(leftScript("something else"))
  })

  it("is found in the log of apk 3, until another one ends", () => {
    const log = recordedFile(3, "interrupted.apk-log")
    assert.deepStrictEqual(interruptedStep(log), { name: "lab-hangpost", version: "1.1-r0" })
    const refresh =
      "\nRunning `/sbin/apk update` at 2026-11-22 15:58:29\nOK: 50 distinct packages available\n"
    assert.isDefined(interruptedStep(log + refresh))
    const another =
      "\nRunning `/sbin/apk upgrade` at 2026-11-22 15:58:29\n(1/1) Upgrading a (1 -> 2)\n1 error; 1 B in 1 packages\n"
    assert.isUndefined(interruptedStep(log + refresh + another))
    assert.isUndefined(interruptedStep(""))
  })
})
