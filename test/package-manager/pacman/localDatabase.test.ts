import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  localPackage,
  parseDesc,
  parseDescriptions,
} from "../../../src/package-manager/pacman/localDatabase.ts"
import { recorded, recordedHosts } from "./recordedHost.ts"

const desc =
  "%NAME%\nglib2\n\n%VERSION%\n1:2.80.0-2\n\n%BASE%\nglib\n\n%ARCH%\nx86_64\n\n%SIZE%\n12345\n\n%REASON%\n1\n\n%GROUPS%\ngnome\nbase\n\n%PROVIDES%\nlibglib-2.0.so=0-64\n\n%CONFLICTS%\nglib\n\n"

describe("the package database of pacman", () => {
  it.each(recordedHosts)("is read whole from the recording of %s", (host) => {
    const texts = parseDescriptions(recorded(host, "local.stdout"))
    assert.isAbove(texts.size, 30)
    const packages = [...texts].map(([entry, text]) => localPackage(entry, text))
    assert.isTrue(packages.every(Option.isSome))
  })

  it("tells what upgrades are judged by", () => {
    assert.deepStrictEqual<unknown>(Option.getOrThrow(localPackage("glib2-1:2.80.0-2", desc)), {
      row: {
        manager: "pacman",
        name: "glib2",
        version: "1:2.80.0-2",
        architecture: "x86_64",
        source: "glib",
      },
      groups: ["gnome", "base"],
      provides: ["libglib-2.0.so=0-64"],
      conflicts: ["glib"],
      automatic: true,
      installedBytes: 12345,
    })
  })

  it.each([
    ["is empty", "glib2-1:2.80.0-2", ""],
    ["was cut off", "glib2-1:2.80.0-2", desc.slice(0, 30)],
    ["is of another entry", "glib2-1:2.80.1-1", desc],
    ["has a name that is none", "-rf-1.0-1", desc.replace("glib2", "-rf").replace("1:2.80.0-2", "1.0-1")],
  ])("has no package where desc %s", (_, entry, text) => {
    assert.isTrue(Option.isNone(localPackage(entry, text)))
  })

  it("separates files whatever stands in them", () => {
    const texts = parseDescriptions(
      "==> /var/lib/pacman/local/a-1-1/desc <==\nno newline at its end\n==> /var/lib/pacman/local/b-1-1/desc <==\n\n==> not a header\n",
    )
    assert.deepStrictEqual(
      [...texts],
      [
        ["a-1-1", "no newline at its end\n"],
        ["b-1-1", "\n==> not a header\n"],
      ],
    )
  })

  it.prop("is never a reason to fall over", [Schema.String], ([text]) => {
    parseDesc(text)
    parseDescriptions(text)
    return Option.isNone(localPackage("glib2-1-1", text))
  })
})
