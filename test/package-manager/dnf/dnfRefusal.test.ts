import { assert, describe, it } from "@effect/vitest"
import { complaintOf, parseRefusal } from "../../../src/package-manager/dnf/dnfRefusal.ts"

describe("parseRefusal", () => {
  it("reads the problems of dnf 4", () => {
    const refusal = parseRefusal({
      stdout:
        "(try to add '--allowerasing' to command line to replace conflicting packages or '--skip-broken' to skip uninstallable packages)\n",
      stderr: `Error: 
 Problem 1: cannot install the best update candidate for package lab-unsat-1.0-1.noarch
  - nothing provides lab-nowhere needed by lab-unsat-1.1-1.noarch from lab
 Problem 2: problem with installed package lab-victim-1.0-1.noarch
  - package lab-conflict-1.1-1.noarch from lab conflicts with lab-victim provided by lab-victim-1.0-1.noarch from @System
  - cannot install the best update candidate for package lab-conflict-1.0-1.noarch
`,
    })
    assert.deepStrictEqual(refusal, {
      problems: [
        "cannot install the best update candidate for package lab-unsat-1.0-1.noarch - nothing provides lab-nowhere needed by lab-unsat-1.1-1.noarch from lab",
        "problem with installed package lab-victim-1.0-1.noarch - package lab-conflict-1.1-1.noarch from lab conflicts with lab-victim provided by lab-victim-1.0-1.noarch from @System - cannot install the best update candidate for package lab-conflict-1.0-1.noarch",
      ],
      unmatched: [],
      isNothing: false,
      mayErase: true,
    })
  })

  it("reads the problem of dnf5, without its advice", () => {
    const { problems, mayErase } = parseRefusal({
      stdout: "",
      stderr: `Updating and loading repositories:
Repositories loaded.
Failed to resolve the transaction:
Problem: cannot install the best update candidate for package lab-unsat-1.0-1.noarch
  - nothing provides lab-nowhere needed by lab-unsat-1.1-1.noarch from lab
You can try to add to command line:
  --no-best to not limit the transaction to the best candidates
`,
    })
    assert.deepStrictEqual(problems, [
      "cannot install the best update candidate for package lab-unsat-1.0-1.noarch - nothing provides lab-nowhere needed by lab-unsat-1.1-1.noarch from lab",
    ])
    assert.isFalse(mayErase)
  })

  it("finds what was not found, in every wording", () => {
    const { unmatched, isNothing } = parseRefusal({
      stdout: "No match for argument: a-1-1.noarch\n",
      stderr: `Packages for argument 'b-1-1.noarch' available, but installed for a different architecture.
Argument 'c-1-1.noarch' matches only excluded packages.
No Match for argument: d-1-1.noarch
Error: No packages marked for upgrade.
`,
    })
    assert.deepStrictEqual(unmatched, ["a-1-1.noarch", "b-1-1.noarch", "c-1-1.noarch", "d-1-1.noarch"])
    assert.isTrue(isNothing)
  })
})

describe("complaintOf", () => {
  it("begins with the verdict and leaves out progress", () => {
    assert.strictEqual(
      complaintOf({
        stdout: "",
        stderr: `Updating and loading repositories:
Repositories loaded.
[1/1] lab-src-0:1.1-1.noarch            100% | 388.0   B/s |   7.0   B |  00m00s
>>> No more mirrors to try - All mirrors were already tried without success
--------------------------------------------------------------------------------
[1/1] Total                             100% | 318.0   B/s |   7.0   B |  00m00s
Failed to download packages
 Librepo error: Cannot download lab-src-1.1-1.noarch.rpm: All mirrors were tried
`,
      }),
      "Failed to download packages Librepo error: Cannot download lab-src-1.1-1.noarch.rpm: All mirrors were tried",
    )
    assert.strictEqual(
      complaintOf({
        stdout: "Downloading Packages:\n",
        stderr:
          "Error: Transaction test error:\n  installing package a-1-1.noarch needs 22MB more space\n\nError Summary\n",
      }),
      "Error: Transaction test error: installing package a-1-1.noarch needs 22MB more space Error Summary",
    )
    assert.strictEqual(
      complaintOf({ stdout: "Nothing to do.\nComplete!\n", stderr: "" }),
      "Nothing to do. Complete!",
    )
  })
})
