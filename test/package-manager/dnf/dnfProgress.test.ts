import { assert, describe, it } from "@effect/vitest"
import { progressOf } from "../../../src/package-manager/dnf/dnfProgress.ts"

describe("progressOf", () => {
  it("reads the lines of dnf 4 and yum", () => {
    assert.deepStrictEqual(
      progressOf("  Upgrading        : lab-epoch-1:1.1-1.noarch                               3/6 "),
      { step: "install", package: "lab-epoch", percent: 50 },
    )
    assert.deepStrictEqual(progressOf("  Updating   : 1:openssl-1.0.2k-26.el7_9.x86_64      1/4 "), {
      step: "install",
      package: "openssl",
      percent: 25,
    })
    assert.deepStrictEqual(
      progressOf("  Running scriptlet: lab-failpost-1.1-1.noarch                              1/4 "),
      { step: "script", package: "lab-failpost", percent: 25 },
    )
    assert.deepStrictEqual(
      progressOf("  Preparing        :                                                        1/1 "),
      { step: "other", percent: 100 },
    )
  })

  it("reads the lines of dnf5", () => {
    assert.deepStrictEqual(
      progressOf("[3/8] Upgrading lab-plain-0:1.1-1.noarch    100% |  30.3 KiB/s | 124.0   B |  00m00s"),
      { step: "install", package: "lab-plain", percent: 37.5 },
    )
    assert.deepStrictEqual(
      progressOf("[ 8/10] Removing lab-plain-0:1.0-1.noarch 100% | 549.0   B/s | 100.0   B |  00m00s"),
      { step: "remove", package: "lab-plain", percent: 80 },
    )
    assert.deepStrictEqual(
      progressOf("[1/2] innocent2-0:1.1-1.noarch          100% |   2.7 MiB/s |   5.5 KiB |  00m00s"),
      { step: "download", package: "innocent2", percent: 50 },
    )
    assert.deepStrictEqual(
      progressOf("[1/4] Verify package files              100% |   0.0   B/s |   1.0   B |  00m00s"),
      { step: "verify", percent: 25 },
    )
  })

  it("does not take a name that was cut for a name, nor anything else for progress", () => {
    assert.deepStrictEqual(
      progressOf("[3/4] Upgrading lab-failpost-0:1.1-1.no 100% |   4.5 KiB/s | 124.0   B |  00m00s"),
      { step: "install", package: "lab-failpost", percent: 75 },
    )
    assert.deepStrictEqual(
      progressOf("  Upgrading        : java-1.8.0-openjdk-head                    1/4 "),
      {
        step: "install",
        percent: 25,
      },
    )
    for (const line of [
      "",
      "Complete!",
      "[2/2] Total",
      "lab-failpost: 1/2",
      " lab-plain noarch 1.1-1 lab 5.5 k",
    ]) {
      assert.isUndefined(progressOf(line), line)
    }
  })
})
