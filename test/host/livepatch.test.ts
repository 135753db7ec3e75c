import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as CanonicalLivePatches from "../../src/host/CanonicalLivePatches.ts"
import { LivePatches } from "../../src/host/LivePatches.ts"
import { SubprocessError } from "../../src/host/Subprocess.ts"
import { type Answer, fakeSubprocess, when } from "../fakes/FakeSubprocess.ts"
import { layerFileTree } from "../fakes/fileTree.ts"

const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

const fixes = [
  { Name: "cve-2026-1", Description: "", Bug: "", Patched: true },
  { Name: "CVE-2026-2", Description: "", Bug: "", Patched: true },
  { Name: "CVE-2026-3", Description: "", Bug: "", Patched: false },
]

/** As the Ubuntu Pro client's own tests have it. */
const kernel = (changes: object = {}, livepatch: object = {}) => ({
  Kernel: "6.8.0-45.45~22.04.1-generic",
  Running: true,
  Livepatch: { CheckState: "checked", State: "applied", Version: "113.1", Fixes: fixes, ...livepatch },
  Supported: "supported",
  ...changes,
})

const status = (...kernels: ReadonlyArray<object>) =>
  encode({
    "Client-Version": "10.8.4",
    "Machine-Id": "0123",
    "Machine-Token": "secret",
    Architecture: "x86_64",
    "Last-Check": "2026-11-22T18:29:00Z",
    Status: kernels,
    tier: "stable",
  })

const asked = (answer: Answer, files: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const fake = fakeSubprocess(when("/snap/bin/canonical-livepatch status --verbose --format json", answer))
    const cves = yield* Effect.flatMap(LivePatches, (patches) => patches.cves("6.8.0-45-generic")).pipe(
      Effect.provide(
        CanonicalLivePatches.layer.pipe(Layer.provide(fake.layer), Layer.provide(layerFileTree(files))),
      ),
    )
    return { cves: [...cves], programs: fake.calls.length }
  })

const installed = { "/snap/bin/canonical-livepatch": "" }

describe("Canonical Livepatch", () => {
  it.effect("names what it has patched in the running kernel", () =>
    Effect.gen(function* () {
      const { cves } = yield* asked(status(kernel()), installed)
      assert.deepStrictEqual(cves, ["CVE-2026-1", "CVE-2026-2"])
    }),
  )

  it.effect("is not asked where it is not installed", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* asked(status(kernel()), {}), { cves: [], programs: 0 })
    }),
  )

  it.effect.each<readonly [string, Answer]>([
    ["another kernel", status(kernel({ Kernel: "6.8.0-44.44-generic" }))],
    ["another flavour", status(kernel({ Kernel: "6.8.0-45.45-lowlatency" }))],
    ["a kernel that does not run", status(kernel({ Running: false }))],
    ["a patch that is not in place yet", status(kernel({}, { State: "applying" }))],
    ["a patch with which the kernel reported a bug", status(kernel({}, { State: "applied-with-bug" }))],
    ["no fixes", status(kernel({}, { State: "nothing-to-apply", Fixes: undefined }))],
    ["fixes of another shape", status(kernel({}, { Fixes: "* CVE-2026-1" }))],
    ["no word on whether it is patched", status(kernel({}, { Fixes: [{ Name: "CVE-2026-1" }] }))],
    ["no kernel", status()],
    ["no JSON", "Machine is not enabled.\n"],
    ["an error beside it", { stdout: status(kernel()), exitCode: 1 }],
    ["more than is read", { stdout: status(kernel()), truncated: true }],
    ["nothing in time", new SubprocessError({ program: "canonical-livepatch", reason: "timed_out" })],
  ])("mends nothing where it says %s", ([, answer]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* asked(answer, installed)).cves, [])
    }),
  )
})
