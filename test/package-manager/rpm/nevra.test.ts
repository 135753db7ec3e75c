import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { formatNevra, normalVersion, parseNevra } from "../../../src/package-manager/rpm/nevra.ts"

const part = Schema.String.check(Schema.isPattern(/^[a-zA-Z0-9][a-zA-Z0-9.+~^_]{0,8}$/))
const Parts = Schema.Struct({
  name: Schema.String.check(Schema.isPattern(/^[a-zA-Z0-9][a-zA-Z0-9.+_-]{0,12}$/)),
  epoch: Schema.Literals(["", "1:", "20130207:"]),
  version: part,
  release: part,
  architecture: Schema.Literals(["noarch", "x86_64", "i686"]),
})

describe("nevra", () => {
  it.prop("comes back as it was written", [Parts], ([{ name, epoch, version, release, architecture }]) => {
    const nevra = { name, architecture, version: `${epoch}${version}-${release}` }
    assert.deepStrictEqual(parseNevra(formatNevra(nevra)), nevra)
    assert.deepStrictEqual(parseNevra(`${epoch}${name}-${version}-${release}.${architecture}`), nevra)
  })

  it.prop("never throws", [Schema.String], ([text]) => {
    parseNevra(text)
    normalVersion(text)
  })

  it.each([
    ["lab-epoch-1:1.0-1.noarch", "lab-epoch", "1:1.0-1"],
    ["1:lab-epoch-1.0-1.noarch", "lab-epoch", "1:1.0-1"],
    ["0:lab-plain-1.0-1.noarch", "lab-plain", "1.0-1"],
    ["lab-plain-0:1.0-1.noarch", "lab-plain", "1.0-1"],
    [
      "java-1.8.0-openjdk-headless-1:1.8.0.412.b08-1.el7_9.noarch",
      "java-1.8.0-openjdk-headless",
      "1:1.8.0.412.b08-1.el7_9",
    ],
  ])("reads %s", (text, name, version) => {
    assert.deepStrictEqual(parseNevra(text), { name, architecture: "noarch", version })
  })

  it.each([
    "",
    "bash",
    "bash-5.1.x86_64",
    "1:bash-1:5.1-1.x86_64",
    "This system is not registered with an entitlement server.",
    "bash-5.1-1. x86_64",
  ])("takes %j for none", (text) => {
    assert.isUndefined(parseNevra(text))
  })

  it("has one spelling for an epoch of 0, and takes nothing without a release for a version", () => {
    assert.deepStrictEqual(
      ["0:1.0-1", "1.0-1", "00:1.0-1", "2:1.0-1", "1.0", "1:", "-1"].map(normalVersion),
      ["1.0-1", "1.0-1", "1.0-1", "2:1.0-1", undefined, undefined, undefined],
    )
  })
})
