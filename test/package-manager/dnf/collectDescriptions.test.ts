import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PackageName } from "../../../src/domain/Package.ts"
import { collectDescriptions } from "../../../src/package-manager/dnf/collectDescriptions.ts"
import { recordedDnf } from "./recordedDnf.ts"

const names = Schema.decodeSync(Schema.Array(PackageName))([
  "lab-plain",
  "lab-newdep-lib",
  "lab-obsolete",
  "kernel",
  "lab-src",
  "no.such",
  "kernel",
])

describe.each(["dnf-4.5", "dnf-4.23", "dnf5-5.4"] as const)("collectDescriptions on %s", (host) => {
  it.effect("tells what rpm and the repositories know, and which names nobody knows", () =>
    Effect.gen(function* () {
      const { dependencies } = yield* recordedDnf(host)
      const { packages, unknown } = yield* collectDescriptions(dependencies, names)
      assert.deepStrictEqual<unknown>(unknown, ["no.such"])
      const about = (name: string) => packages.find((info) => info.name === name)
      assert.deepStrictEqual<unknown>(about("lab-plain"), {
        manager: "dnf",
        name: "lab-plain",
        installed: [{ version: "1.0-1", architecture: "noarch", held: false, automatic: false }],
        candidate: "1.1-1",
        available: [
          { version: "1.1-1", repositories: ["lab"] },
          { version: "1.0-1", repositories: ["lab"] },
        ],
        source: "lab-plain",
        summary: "awkward package of the lab",
        installedSizeBytes: 0,
      })
      assert.deepInclude<unknown>(about("lab-newdep-lib"), {
        installed: [],
        candidate: "1.0-1",
        summary: "awkward package of the lab",
      })
      assert.deepInclude<unknown>(about("lab-obsolete"), { candidate: "1.0-1", available: [] })
      assert.strictEqual(about("lab-src")?.source, "lab-source")
      assert.deepStrictEqual<unknown>(
        [about("kernel")?.candidate, about("kernel")?.installed.map(({ version }) => version)],
        ["6.1.3-1", ["6.1.2-1", "6.1.1-1"]],
      )
    }),
  )

  it.effect("is root's to ask", () =>
    Effect.gen(function* () {
      const { dependencies } = yield* recordedDnf(host, { isRoot: false })
      assert.strictEqual((yield* Effect.flip(collectDescriptions(dependencies, names))).reason, "needs_root")
    }),
  )
})
