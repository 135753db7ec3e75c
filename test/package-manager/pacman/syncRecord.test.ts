import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { parseSyncRecords } from "../../../src/package-manager/pacman/syncRecord.ts"
import { recorded, recordedHosts } from "./recordedHost.ts"

describe("parseSyncRecords", () => {
  it.each(recordedHosts)("reads what pacman -Si of %s prints", (host) => {
    const { records, notUnderstood } = parseSyncRecords(recorded(host, "sync-records.stdout"))
    assert.strictEqual(notUnderstood, 0)
    assert.deepStrictEqual(
      records.find(({ name }) => name === "lab-new"),
      {
        repository: "lab",
        name: "lab-new",
        version: "1.1-1",
        architecture: "any",
        summary: "awkward package of the lab",
        homepage: "https://lab.example.invalid/",
        provides: ["lab-old=1.1"],
        conflicts: ["lab-old"],
        replaces: ["lab-old"],
        installedBytes: 4096,
      },
    )
  })

  it("takes lists apart, passes over lists of several lines, and reads every unit of size", () => {
    const text = `Repository      : extra
Name            : a
Version         : 2-1
Description     : with a colon : and more
Architecture    : any
Provides        : x=1  y
Optional Deps   : b: for this
                  c: for that
Installed Size  : 1.50 GiB

`
    assert.deepStrictEqual(parseSyncRecords(text), {
      records: [
        {
          repository: "extra",
          name: "a",
          version: "2-1",
          architecture: "any",
          summary: "with a colon : and more",
          provides: ["x=1", "y"],
          conflicts: [],
          replaces: [],
          installedBytes: 1_610_612_736,
        },
      ],
      notUnderstood: 0,
    })
  })

  it("counts lines that are no field, and drops a record without a name", () => {
    assert.deepStrictEqual(parseSyncRecords("???\nRepository      : extra\nVersion         : 1-1\n"), {
      records: [],
      notUnderstood: 1,
    })
  })

  it.prop("reads any text", [Schema.String], ([text]) => Array.isArray(parseSyncRecords(text).records))
})
