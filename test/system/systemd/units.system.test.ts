import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { onHost } from "../lab/machine.ts"
import { installUnits, make, unitFolder } from "./SystemdBox.ts"

// What systemd itself says of packaging/systemd: its score of each sandbox, and whether it understands every line.

const score = (file: string, threshold: number) =>
  Effect.map(
    onHost(["systemd-analyze", "security", "--offline=true", `--threshold=${threshold}`, "--no-pager", file]),
    ({ exitCode, stdout }) => ({
      exitCode,
      verdict: stdout.split("\n").find((line) => line.includes("Overall exposure level")) ?? stdout,
    }),
  )

const decodeWeaknesses = Schema.decodeUnknownEffect(
  Schema.fromJsonString(
    Schema.Array(Schema.Struct({ name: Schema.String, exposure: Schema.NullOr(Schema.String) })),
  ),
)

/** What systemd finds open in a unit: `PrivateNetwork=`, `RestrictAddressFamilies=~AF_(INET|INET6)`. */
const weaknesses = (file: string) =>
  onHost(["systemd-analyze", "security", "--offline=true", "--json=short", "--no-pager", file]).pipe(
    Effect.flatMap(({ stdout }) => decodeWeaknesses(stdout)),
    Effect.map((all) => all.flatMap(({ name, exposure }) => (Number(exposure) > 0 ? [name] : []))),
  )

/** The words that a comment has to contain to speak of a weakness; of lists, all that the unit allows. */
const wordsFor = (weakness: string, unit: string): ReadonlyArray<string> => {
  const [directive = "", option] = weakness.split("=")
  if (option === undefined || !option.startsWith("~")) return [directive]
  if (directive === "SystemCallFilter") return [option.slice(1)]
  return [...unit.matchAll(new RegExp(`^${directive}=(.*)$`, "gm"))].flatMap(
    ([, allowed]) => allowed?.split(" ").map((item) => item.replace(/^(CAP|AF)_/, "")) ?? [],
  )
}

const dependents = ["patchctl.service", "patchctl-executor.socket", "patchctl-executor@1.service"]
const names = [
  ...dependents,
  "patchctl-installer.socket",
  "patchctl-installer@1.service",
  "patchctl-update.service",
  "patchctl-update.timer",
]
const verify = ["systemd-analyze", "verify", "--recursive-errors=yes", "--man=no", ...names]

const releases = process.env["PATCHCTL_LONG"] === "1" ? ["bookworm", "trixie"] : ["bookworm"]

describe("the sandbox of each unit", () => {
  it.live.each([
    ["patchctl.service", 14],
    ["patchctl-executor@.service", 48],
    ["patchctl-installer@.service", 39],
    ["patchctl-update.service", 25],
  ] as const)("%s has an exposure of at most %i tenths", ([unit, threshold]) =>
    Effect.gen(function* () {
      const { exitCode, verdict } = yield* score(`${unitFolder}/${unit}`, threshold)
      assert.strictEqual(exitCode, 0, verdict)
      // The scale does find fault: nothing of this size has a score of 0.5.
      assert.notStrictEqual((yield* score(`${unitFolder}/${unit}`, 5)).exitCode, 0)
    }),
  )

  it.live.each([
    ["patchctl.service", []],
    ["patchctl-executor@.service", []],
    ["patchctl-installer@.service", ["patchctl-executor@.service"]],
    ["patchctl-update.service", []],
  ] as const)("%s says why each exception stands", ([unit, alsoExplainedIn]) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const text = (name: string) => fs.readFileString(`${unitFolder}/${name}`)
      const explanations = (yield* Effect.forEach([unit, ...alsoExplainedIn], text))
        .flatMap((file) => file.split("\n"))
        .filter((line) => line.startsWith("#"))
        .join("\n")
      const found = yield* weaknesses(`${unitFolder}/${unit}`)
      const settings = yield* text(unit)
      assert.isAbove(found.length, 5)
      assert.deepStrictEqual(
        found
          .flatMap((weakness) => wordsFor(weakness, settings))
          .filter((word) => !new RegExp(`(?<![\\w@])${word}\\b`).test(explanations)),
        [],
      )
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect.each([
    // Whoever ends an executor or an installer must not end the package manager under it.
    ["patchctl-executor@.service", "KillMode=process"],
    ["patchctl-installer@.service", "KillMode=process"],
    // The configuration, with the licence key in it, stays root's.
    ["patchctl.service", "LoadCredential=config.json:/etc/patchctl/config.json"],
    ["patchctl.service", "User=patchctl"],
  ])("%s has %s, which no score looks at", ([unit, line]) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      assert.include((yield* fs.readFileString(`${unitFolder}/${unit}`)).split("\n"), line)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect.each(["patchctl.service", "patchctl-update.service"])(
    "keeps the memory of %s from becoming code",
    (unit) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        assert.match(yield* fs.readFileString(`${unitFolder}/${unit}`), /^MemoryDenyWriteExecute=yes$/m)
      }).pipe(Effect.provide(NodeServices.layer)),
  )
})

describe.each(releases)("systemd of %s", (release) => {
  it.live(
    "understands every line of the units, and finds all that they name",
    () =>
      Effect.gen(function* () {
        const box = yield* make(`${release}-service`)
        yield* installUnits(box)
        yield* box.writeFile("/opt/patchctl/bin/patchctl-agent", "#!/bin/sh\n", "755")
        const { exitCode, stderr } = yield* box.run(verify)
        assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" })
        const misspelt = "[Service]\nProtectSytem=yes\n"
        yield* box.writeFile("/etc/systemd/system/patchctl.service.d/misspelt.conf", misspelt)
        assert.notStrictEqual((yield* box.run(verify)).exitCode, 0)
      }).pipe(Effect.scoped),
    900_000,
  )
})
