import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually } from "../../eventually.ts"
import { type Fleet, makeFleet } from "./Fleet.ts"
import type { SystemdBox } from "./SystemdBox.ts"

// The agent as systemd runs it: three units, one of them without privileges, on a machine that boots.

const log = "/var/log/unit-scripts"

/** Lines that the package scripts of this name have written, each with the cgroup it began in. */
const scriptLines = (box: SystemdBox, name: string) =>
  box
    .run(["cat", log])
    .pipe(Effect.map(({ stdout }) => stdout.split("\n").filter((line) => line.startsWith(`${name} `))))

const began = (box: SystemdBox, name: string, times: number) =>
  eventually(
    `the script of ${name} began`,
    scriptLines(box, name),
    (lines) => lines.filter((line) => line.includes(" begins ")).length === times,
  ).pipe(Effect.map((lines) => lines.at(-1) ?? ""))

const installedVersion = (box: SystemdBox, name: string) =>
  box.must(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", name])

const letScriptEnd = (box: SystemdBox) => box.must(["touch", "/run/unit-slow-may-end"])

const anew = (box: SystemdBox, name: string) =>
  box.must(["apt-get", "-qq", "-y", "--allow-downgrades", "install", `${name}=1.0-1`])

const install = ({ queue }: Fleet, name: string, ...flags: ReadonlyArray<string>) =>
  queue("install_updates", "--package", `${name}=1.1-1`, ...flags)

const installing =
  /^unit-\S+ begins in \/system\.slice\/system-patchctl\\x2dinstaller\.slice\/patchctl-installer@\S+\.service$/

const property = (box: SystemdBox, unit: string, name: string) =>
  Effect.map(box.must(["systemctl", "show", "--value", "--property", name, unit]), (text) => text.trim())

/** As the documentation says. `mask --now` would forget what to remove before it stops the socket. */
const withdraw = (box: SystemdBox, unit: string) =>
  Effect.andThen(
    box.must(["systemctl", "--quiet", "stop", unit]),
    box.must(["systemctl", "--quiet", "mask", unit]),
  )

const releases = process.env["PATCHCTL_LONG"] === "1" ? ["bookworm", "trixie"] : ["bookworm"]

/** Who may do what, as the running system shows it. */
const privileges = Effect.fnUntraced(function* ({ box }: Fleet) {
  const pid = yield* property(box, "patchctl.service", "MainPID")
  const status = yield* box.must(["cat", `/proc/${pid}/status`])
  const user = (yield* box.must(["id", "-u", "patchctl"])).trim()
  assert.match(status, new RegExp(`^Uid:\t${user}\t${user}\t${user}\t${user}$`, "m"))
  assert.match(status, /^CapBnd:\t0{16}$/m)
  assert.match(status, /^NoNewPrivs:\t1$/m)
  assert.match(status, /^Seccomp:\t2$/m)
  const expected = [
    "/var/lib/patchctl 755 patchctl:patchctl",
    "/var/lib/patchctl-executor 755 root:root",
    "/run/patchctl/executor.sock 660 root:patchctl",
    "/run/patchctl/installer.sock 600 root:root",
    "/etc/patchctl/config.json 600 root:root",
    "/var/lib/patchctl/agent.sqlite 600 patchctl:patchctl",
    "/var/lib/patchctl-executor/executor.sqlite 600 root:root",
    "/var/lib/patchctl-executor/trust.json 644 root:root",
  ]
  const files = expected.map((line) => line.split(" ")[0] ?? "")
  const found = yield* box.must(["stat", "-c", "%n %a %U:%G", ...files])
  assert.deepStrictEqual(found.trim().split("\n"), expected)
})

/** Nothing is kept from a scan by the sandbox, and the files of the daemon can be read where they should be. */
const scans = Effect.fnUntraced(function* ({ box, server }: Fleet) {
  const states = yield* box.must(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}\n"])
  const scanned = yield* server("a complete scan", ({ scanVerdict }) => scanVerdict === "complete")
  assert.strictEqual(scanned.counts?.packages, states.trim().split("\n").length)
  assert.strictEqual(scanned.counts?.updates, 2)
  const shown = yield* box.run(["/opt/patchctl/bin/patchctl-agent", "status"])
  assert.strictEqual(shown.exitCode, 0, shown.stdout)
})

const outlivesRestart = Effect.fnUntraced(function* (fleet: Fleet) {
  const { box } = fleet
  const pid = yield* property(box, "patchctl.service", "MainPID")
  const slow = yield* install(fleet, "unit-slow")
  assert.match(yield* began(box, "unit-slow", 1), installing)
  yield* box.must(["systemctl", "restart", "patchctl"])
  assert.notStrictEqual(yield* property(box, "patchctl.service", "MainPID"), pid)
  assert.lengthOf(yield* scriptLines(box, "unit-slow"), 1)
  yield* letScriptEnd(box)
  const { result } = yield* fleet.finished(slow)
  assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
  assert.strictEqual(yield* installedVersion(box, "unit-slow"), "ii 1.1-1")
  assert.lengthOf(yield* scriptLines(box, "unit-slow"), 2)
})

const resumesAfterReboot = Effect.fnUntraced(function* (fleet: Fleet) {
  const { box } = fleet
  const leader = yield* box.leader
  const quick = yield* install(fleet, "unit-quick", "--reboot", "always")
  assert.strictEqual(yield* box.bootedAfter(leader), "running")
  const { result } = yield* fleet.finished(quick)
  assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
  const restart = result?.output?.command === "install_updates" ? result.output.report.restart : undefined
  assert.isString(restart?.bootIdAfter)
  assert.notStrictEqual(restart?.bootIdAfter, restart?.bootIdBefore)
  assert.lengthOf(yield* scriptLines(box, "unit-quick"), 2)
})

const holdsShutdown = Effect.fnUntraced(function* (fleet: Fleet) {
  const { box } = fleet
  yield* anew(box, "unit-slow")
  const slow = yield* install(fleet, "unit-slow")
  yield* began(box, "unit-slow", 2)
  const leader = yield* box.leader
  // Not `systemctl reboot`: apt asks logind to let nobody shut down meanwhile, which systemd 257 refuses to root too.
  yield* box.must(["systemctl", "--no-block", "start", "reboot.target"])
  yield* eventually(
    "systemd waits for the installer",
    box.run(["systemctl", "list-jobs", "--no-legend"]),
    ({ stdout }) => /patchctl-installer@\S+ +stop +running/.test(stdout),
  )
  assert.strictEqual((yield* box.run(["pidof", "dpkg"])).exitCode, 0)
  yield* letScriptEnd(box)
  assert.strictEqual(yield* box.bootedAfter(leader), "running")
  const { result } = yield* fleet.finished(slow)
  assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
  assert.strictEqual(yield* installedVersion(box, "unit-slow"), "ii 1.1-1")
  assert.strictEqual(yield* box.must(["dpkg", "--audit"]), "")
  assert.lengthOf(yield* scriptLines(box, "unit-slow"), 4)
})

const doesWithoutSockets = Effect.fnUntraced(function* (fleet: Fleet) {
  const { box } = fleet
  yield* anew(box, "unit-quick")
  yield* withdraw(box, "patchctl-installer.socket")
  const alone = yield* fleet.finished(yield* install(fleet, "unit-quick"))
  assert.strictEqual(alone.result?.status, "succeeded", JSON.stringify(alone.result))
  assert.match((yield* scriptLines(box, "unit-quick"))[2] ?? "", /\/patchctl-executor@\S+\.service$/)

  yield* anew(box, "unit-quick")
  yield* withdraw(box, "patchctl-executor.socket")
  yield* box.must(["systemctl", "restart", "patchctl"])
  const refused = yield* fleet.finished(yield* install(fleet, "unit-quick"))
  assert.strictEqual(refused.result?.refusal?.code, "read_only", JSON.stringify(refused.result))
  const looks = [["check_updates", "--refresh", "never"], ["health_check"]]
  for (const look of looks) {
    const { result } = yield* fleet.finished(yield* fleet.queue(...look))
    assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
  }
  const plan = yield* fleet.finished(yield* install(fleet, "unit-quick", "--dry-run"))
  assert.strictEqual(plan.result?.status, "succeeded", JSON.stringify(plan.result))
  assert.strictEqual(yield* installedVersion(box, "unit-quick"), "ii 1.0-1")
})

// One machine for all of it, as a boot is what takes the time here.
describe.each(releases)("the units on %s", (release) => {
  it.live(
    "run the agent without privileges, and installations that outlive its restart, hold a shutdown and resume after it",
    () =>
      Effect.gen(function* () {
        const fleet = yield* makeFleet(release)
        yield* privileges(fleet)
        yield* scans(fleet)
        yield* outlivesRestart(fleet)
        yield* resumesAfterReboot(fleet)
        yield* holdsShutdown(fleet)
        yield* doesWithoutSockets(fleet)
      }).pipe(Effect.scoped),
    900_000,
  )
})
