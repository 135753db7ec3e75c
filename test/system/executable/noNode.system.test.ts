import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { SelftestReport } from "../../../src/cli/selftest.ts"
import { agentVersion } from "../../../src/agentVersion.ts"
import { Scan } from "../../../src/domain/Scan.ts"
import { make } from "../systemd/SystemdBox.ts"
import { buildOnce, built } from "./built.ts"

// The executable on a minimal Debian with a real systemd and no Node.

beforeAll(() => Effect.runPromise(buildOnce))

const decodeScan = Schema.decodeUnknownEffect(Schema.fromJsonString(Scan))
const decodeSelftest = Schema.decodeUnknownEffect(Schema.fromJsonString(SelftestReport))

/** As a unit in which no memory is ever both written and executed. */
const withoutCodeGeneration = [
  "systemd-run",
  "--quiet",
  "--wait",
  "--pipe",
  "--property=MemoryDenyWriteExecute=yes",
]

describe("a machine without Node", () => {
  it.live("runs every verb, without generating code", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const box = yield* make("bookworm-service", {
        binds: [
          [built.folder, "/opt/patchctl/bin"],
          [yield* files.realPath(process.execPath), "/opt/lab/node"],
        ],
      })
      yield* box.must(["ln", "-s", "/opt/patchctl/bin/patchctl-agent", "/usr/bin/patchctl"])
      assert.notStrictEqual((yield* box.run(["sh", "-c", "command -v node nodejs"])).exitCode, 0)
      assert.strictEqual(yield* box.must(["patchctl", "--version"]), `patchctl v${agentVersion}\n`)

      // The wall stands: a bare Node dies at it.
      const bare = yield* box.run([...withoutCodeGeneration, "/opt/lab/node", "-e", "0"])
      assert.notStrictEqual(bare.exitCode, 0)

      const patchctl = (...args: ReadonlyArray<string>) =>
        box.run([...withoutCodeGeneration, "/usr/bin/patchctl", ...args])
      assert.strictEqual((yield* patchctl("status")).exitCode, 4)
      // 2: nobody has fetched package lists of this machine's own archive for a while, or all is well.
      const scanned = yield* patchctl("scan", "--json")
      assert.include([0, 2], scanned.exitCode)
      const { packages, updates } = yield* decodeScan(scanned.stdout)
      assert.includeMembers(
        packages.map(({ name }) => String(name)),
        ["systemd", "dpkg", "unit-slow"],
      )
      assert.includeMembers(
        updates.map(({ name }) => String(name)),
        ["unit-slow", "unit-quick"],
      )
      const tested = yield* patchctl("selftest", "--json")
      // There is no configuration, and it says so.
      assert.strictEqual(tested.exitCode, 1)
      const { checks } = yield* decodeSelftest(tested.stdout)
      const failed = checks.flatMap(({ name, outcome }) => (outcome === "failed" ? [name] : []))
      assert.deepStrictEqual(failed, ["config"])
      assert.strictEqual((yield* box.run(["/usr/bin/patchctl", "execute"], "nonsense\n")).exitCode, 1)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
