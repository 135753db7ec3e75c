import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommandResult } from "../../src/domain/Command.ts"
import { Scan } from "../../src/domain/Scan.ts"
import { ExecutorEvent } from "../../src/protocol/ExecutorMessages.ts"
import { claims, makeSigner } from "../fakes/CommandSigning.ts"
import * as Box from "./lab/Box.ts"
import { labRoots, version } from "./lab/labState.ts"

// The whole agent in a throw-away machine: signed commands into `patchctl-agent execute`, and what becomes of the host.

const decodeEvent = Schema.decodeUnknownOption(Schema.fromJsonString(ExecutorEvent))
const decodeScan = Schema.decodeUnknownEffect(Schema.fromJsonString(Scan))

const configPath = "/etc/patchctl/config.json"
const configuration = {
  license_key: "pk_live_0123456789abcdef",
  state_directory: "/var/lib/patchctl",
  quiet_period_seconds: 0,
}

/** A machine that obeys a new signer, and a way to give it commands; the counter rises with each. */
const enrolledBox = Effect.fnUntraced(function* (root: string) {
  const box = yield* Box.make(root)
  const signer = yield* makeSigner
  yield* box.run(["mkdir", "-p", "/etc/patchctl", "/var/lib/patchctl"])
  yield* box.writeFile(configPath, JSON.stringify(configuration), "600")
  const pinned = yield* box.agent(["--config", configPath, "execute"], {
    stdin: `${JSON.stringify({ kind: "pin", anchor: signer.anchor })}\n`,
  })
  assert.strictEqual(pinned.stdout, '{"kind":"pinned"}\n', pinned.stderr)
  const now = Math.floor((yield* Effect.clockWith((clock) => clock.currentTimeMillis)) / 1000)

  const command = Effect.fnUntraced(function* (seq: number, name: string, parameters: object = {}) {
    const times = { iat: now, nbf: now, exp: now + 3600 }
    const envelope = yield* signer.seal(claims(seq, { name, parameters }, times))
    const stdin = `${JSON.stringify({ kind: "command", envelope })}\n`
    const { exitCode, stdout, stderr } = yield* box.agent(["--config", configPath, "execute"], {
      stdin,
      timeout: "150 seconds",
    })
    assert.strictEqual(exitCode, 0, stderr)
    const events = stdout.split("\n").flatMap((line) => Option.toArray(decodeEvent(line)))
    const results = events.flatMap((event) => (event.kind === "result" ? [event.result] : []))
    assert.lengthOf(results, 1)
    return { result: results[0] ?? assert.fail("no result"), progress: events.length - 1 }
  })
  return { box, command }
})

const installReport = (result: CommandResult) =>
  result.output?.command === "install_updates" ? result.output.report : assert.fail(JSON.stringify(result))

const one = {
  selection: { kind: "packages", packages: [{ name: "lab-plain", version: "1.1-1" }] },
}

describe.each(labRoots)("%s: signed commands", (root) => {
  it.live("plan, install exactly that plan, and answer the same command with the stored result", () =>
    Effect.gen(function* () {
      const { box, command } = yield* enrolledBox(root)
      const dry = yield* command(1, "install_updates", { ...one, dry_run: true })
      assert.strictEqual(dry.result.status, "succeeded")
      assert.strictEqual(yield* version(box, "lab-plain"), "1.0-1")
      const { digest } = installReport(dry.result).plan

      const stale = yield* command(2, "install_updates", { ...one, plan_digest: "0".repeat(64) })
      assert.strictEqual(stale.result.problem?.code, "plan_changed")
      assert.strictEqual(yield* version(box, "lab-plain"), "1.0-1")

      const real = yield* command(3, "install_updates", { ...one, plan_digest: digest })
      assert.strictEqual(real.result.status, "succeeded", JSON.stringify(real.result))
      assert.isAbove(real.progress, 0)
      assert.strictEqual(yield* version(box, "lab-plain"), "1.1-1")

      yield* box.run(["apt-get", "-y", "--allow-downgrades", "install", "lab-plain=1.0-1"])
      const again = yield* command(3, "install_updates", { ...one, plan_digest: digest })
      assert.deepStrictEqual(again.result, real.result)
      assert.strictEqual(yield* version(box, "lab-plain"), "1.0-1")
    }).pipe(Effect.scoped),
  )

  it.live("says per package what happened when one fails, and reports it as partial", () =>
    Effect.gen(function* () {
      const { command } = yield* enrolledBox(root)
      const { result } = yield* command(1, "install_updates", {
        selection: {
          kind: "packages",
          packages: ["lab-plain", "lab-failpost", "innocent1"].map((name) => ({ name, version: "1.1-1" })),
        },
      })
      assert.strictEqual(result.status, "partial")
      const outcomes = installReport(result).outcomes.map(({ name, outcome }) => [name, outcome])
      assert.deepStrictEqual(Object.fromEntries(outcomes), {
        innocent1: "installed",
        "lab-failpost": "half_configured",
        "lab-plain": "installed",
      })
      const health = yield* command(2, "health_check")
      const database =
        health.result.output?.command === "health_check"
          ? health.result.output.report.checks.find(({ name }) => name === "package_database")
          : undefined
      assert.strictEqual(database?.verdict, "fault")
      assert.include(database?.detail, "lab-failpost")
      assert.isAbove(database?.remedy?.length ?? 0, 0)
    }).pipe(Effect.scoped),
  )

  it.live("refresh, with each repository's outcome, and package information with unknown names", () =>
    Effect.gen(function* () {
      const { command } = yield* enrolledBox(root)
      const checked = yield* command(1, "check_updates")
      assert.strictEqual(checked.result.status, "succeeded", JSON.stringify(checked.result.problem))
      if (checked.result.output?.command !== "check_updates") return assert.fail("no report")
      assert.isTrue(checked.result.output.report.refreshed)
      assert.isAbove(checked.result.output.report.repositories.length, 2)
      const info = yield* command(2, "get_package_info", { packages: ["lab-plain", "lab-nowhere"] })
      if (info.result.output?.command !== "get_package_info") return assert.fail("no report")
      assert.deepStrictEqual([...info.result.output.report.unknown].map(String), ["lab-nowhere"])
    }).pipe(Effect.scoped),
  )

  it.live("a scan whose packages and updates are those of dpkg and apt", () =>
    Effect.gen(function* () {
      const { box } = yield* enrolledBox(root)
      const scanned = yield* box.agent(["scan", "--json"], { timeout: "90 seconds" })
      const scan = yield* decodeScan(scanned.stdout)
      const states = yield* box.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}\n"])
      assert.lengthOf(scan.packages, states.stdout.split("\n").filter((state) => /^[hi]i/.test(state)).length)
      const simulated = yield* box.run(["apt-get", "-s", "upgrade"])
      const plain = simulated.stdout.split("\n").flatMap((line) => line.match(/^Inst (\S+) \[/)?.[1] ?? [])
      const installable = scan.updates.filter(({ installable: { answer } }) => answer === "yes")
      assert.deepStrictEqual(installable.map(({ name }) => String(name)).toSorted(), plain.toSorted())
    }).pipe(Effect.scoped),
  )
})

describe("bookworm-real", () => {
  it.live("installs the security updates that are really pending, and nothing else", () =>
    Effect.gen(function* () {
      const { box, command } = yield* enrolledBox("bookworm-real")
      const before = yield* decodeScan(
        (yield* box.agent(["scan", "--json"], { timeout: "90 seconds" })).stdout,
      )
      const pending = before.updates.filter(({ security }) => security.verdict === "yes")
      assert.isAbove(pending.length, 0)
      const { result } = yield* command(1, "install_updates", { selection: { kind: "security" } })
      assert.strictEqual(result.status, "succeeded", JSON.stringify(result.problem))
      const after = yield* decodeScan(
        (yield* box.agent(["scan", "--json"], { timeout: "90 seconds" })).stdout,
      )
      assert.deepStrictEqual(
        after.updates.filter(({ security }) => security.verdict === "yes").map(({ name }) => name),
        [],
      )
      assert.strictEqual(after.packages.length, before.packages.length)
    }).pipe(Effect.scoped),
  )
})
