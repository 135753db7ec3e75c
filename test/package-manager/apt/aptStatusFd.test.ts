import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { statusLine } from "../../../src/package-manager/apt/aptStatusFd.ts"

describe("statusLine", () => {
  it("reads apt's progress, step by step", () => {
    const lines = [
      "dlstatus:2:19.3649:Retrieving file 2 of 5",
      "pmstatus:dpkg-exec:0.0000:Running dpkg",
      "pmstatus:lab-plain:0.0000:Preparing lab-plain (amd64)",
      "pmstatus:libc6:i386:20.0000:Unpacking libc6:i386 (i386)",
      "pmstatus:lab-plain:40.0000:Preparing to configure lab-plain (amd64)",
      "pmstatus:lab-plain:80.0000:Installed lab-plain (amd64)",
      "pmstatus:man-db:90.5000:Running post-installation trigger man-db",
      "pmstatus:lab-victim:10.0000:Removing lab-victim (amd64)",
    ]
    assert.deepStrictEqual(lines.map(statusLine), [
      { kind: "progress", step: "download", percent: 19.4 },
      { kind: "progress", step: "other", percent: 0 },
      { kind: "progress", step: "unpack", package: "lab-plain", percent: 0 },
      { kind: "progress", step: "unpack", package: "libc6:i386", percent: 20 },
      { kind: "progress", step: "configure", package: "lab-plain", percent: 40 },
      { kind: "progress", step: "configure", package: "lab-plain", percent: 80 },
      { kind: "progress", step: "trigger", package: "man-db", percent: 90.5 },
      { kind: "progress", step: "remove", package: "lab-victim", percent: 10 },
    ])
  })

  it("names the guilty package, also by the archive that could not be unpacked", () => {
    assert.deepStrictEqual(
      statusLine("pmerror:/var/cache/apt/archives/lab-failpre_1%3a1.1-1_all.deb:33.3333:exit status 3"),
      { kind: "error", package: "lab-failpre", message: "exit status 3" },
    )
    assert.deepStrictEqual(statusLine("pmerror:lab-failpost:55.5556:installed: script returned error"), {
      kind: "error",
      package: "lab-failpost",
      message: "installed: script returned error",
    })
    assert.deepStrictEqual(statusLine("status: lab-failpost : error : exit status 4"), {
      kind: "error",
      package: "lab-failpost",
      message: "exit status 4",
    })
  })

  it("reads dpkg's own progress", () => {
    assert.deepStrictEqual(statusLine("processing: configure: lab-multiarch:amd64"), {
      kind: "progress",
      step: "configure",
      package: "lab-multiarch:amd64",
    })
  })

  it("passes over what it does not know", () => {
    for (const line of [
      "",
      "status: lab-plain: installed",
      "pmstatus:",
      "media-change:cd:1:x",
      "pmconffile:/etc/x:1:y",
      "hello",
    ]) {
      assert.isUndefined(statusLine(line))
    }
  })

  it.prop("takes any text", [Schema.String], ([text]) => {
    statusLine(text)
    statusLine(`pmstatus:${text}`)
  })
})
