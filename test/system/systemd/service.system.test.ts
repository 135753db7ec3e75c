import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
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

/** What an installation with a restart says of that, once the machine is there again. */
const restarted = Effect.fnUntraced(function* (fleet: Fleet) {
  const leader = yield* fleet.box.leader
  const quick = yield* install(fleet, "unit-quick", "--reboot", "always")
  assert.strictEqual(yield* fleet.box.bootedAfter(leader), "running")
  const { result } = yield* fleet.finished(quick)
  assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
  return result?.output?.command === "install_updates" ? result.output.report.restart : undefined
})

const resumesAfterReboot = Effect.fnUntraced(function* (fleet: Fleet) {
  const restart = yield* restarted(fleet)
  assert.isString(restart?.bootIdAfter)
  assert.notStrictEqual(restart?.bootIdAfter, restart?.bootIdBefore)
  assert.lengthOf(yield* scriptLines(fleet.box, "unit-quick"), 2)
})

const ownBootId = "/proc/sys/kernel/random/boot_id"

/** From its next boot on the machine shows the boot id of the kernel under it, as LXC does. */
const showKernelsBootId = Effect.fnUntraced(function* ({ box }: Fleet) {
  const init = "/usr/lib/systemd/systemd"
  yield* box.must(["mv", init, `${init}.own`])
  const script = `#!/bin/sh\nwhile umount ${ownBootId}; do :; done 2>/dev/null\nexec ${init}.own "$@"\n`
  yield* box.writeFile(init, script, "755")
})

const resumesAfterRestartOfContainer = Effect.fnUntraced(function* (fleet: Fleet) {
  yield* anew(fleet.box, "unit-quick")
  const restart = yield* restarted(fleet)
  const kernels = readFileSync(ownBootId, "utf8").trim()
  assert.deepStrictEqual([restart?.bootIdBefore, restart?.bootIdAfter], [kernels, kernels])
  assert.lengthOf(yield* scriptLines(fleet.box, "unit-quick"), 4)
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

/** `kill -9` of what systemd takes for the service of the script that began: apt and dpkg stay behind in its cgroup. */
const killAbove = Effect.fnUntraced(function* (box: SystemdBox, line: string) {
  const cgroup = line.replace(/^.* begins in /, "")
  const unit = cgroup.slice(cgroup.lastIndexOf("/") + 1)
  const pid = yield* property(box, unit, "MainPID")
  assert.match(pid, /^[1-9]\d*$/)
  yield* box.must(["kill", "-KILL", pid])
  yield* eventually("systemd is done with the unit", property(box, unit, "ActiveState"), (state) =>
    ["failed", "inactive"].includes(state),
  )
  // Some are so short-lived that they are gone when their turn comes.
  const names = 'while read -r pid; do cat "/proc/$pid/comm" || :; done <"$1"'
  const left = yield* box.run(["sh", "-euc", names, "sh", `/sys/fs/cgroup${cgroup}/cgroup.procs`])
  assert.includeMembers(left.stdout.split("\n"), ["apt-get", "dpkg"])
})

const decodeRows = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Schema.Unknown)))

const query = (box: SystemdBox, path: string, sql: string) => {
  const program =
    "console.log(JSON.stringify(new (require('node:sqlite').DatabaseSync)(process.argv[1], { readOnly: true }).prepare(process.argv[2]).all()))"
  return Effect.flatMap(box.must(["/srv/tools/node", "--eval", program, path, sql]), decodeRows)
}

/** The update is whole, was begun once, and its one result has been handed on once. */
const ranOnce = Effect.fnUntraced(function* ({ box }: Fleet, id: string) {
  assert.strictEqual(yield* installedVersion(box, "unit-slow"), "ii 1.1-1")
  assert.strictEqual(yield* box.must(["dpkg", "--audit"]), "")
  const told = `SELECT event FROM audit WHERE id = '${id}' ORDER BY line`
  assert.deepStrictEqual(yield* query(box, "/var/lib/patchctl-executor/executor.sqlite", told), [
    { event: "received" },
    { event: "started" },
    { event: "finished" },
  ])
  const journal = yield* box.must(["journalctl", "-q", "-o", "cat", "-u", "patchctl"])
  const results = journal.split("\n").filter((line) => line.includes("command.finished") && line.includes(id))
  assert.lengthOf(results, 1)
  const strays = "SELECT command_id FROM stray_results"
  assert.deepStrictEqual(yield* query(box, "/var/lib/control-plane/control-plane.db", strays), [])
})

const outlivesInstaller = Effect.fnUntraced(function* (fleet: Fleet) {
  const { box } = fleet
  yield* anew(box, "unit-slow")
  const id = yield* install(fleet, "unit-slow")
  const line = yield* began(box, "unit-slow", 3)
  assert.match(line, installing)
  yield* killAbove(box, line)
  yield* letScriptEnd(box)
  const { result } = yield* fleet.finished(id)
  // The executor has read what became of it.
  assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
  assert.include(JSON.stringify(result?.output), "the installer ended without an answer")
  assert.lengthOf(yield* scriptLines(box, "unit-slow"), 6)
  yield* ranOnce(fleet, id)
})

/** Where no installer listens, the package manager is at work in the executor's own unit. */
const outlivesExecutor = Effect.fnUntraced(function* (fleet: Fleet) {
  const { box } = fleet
  yield* anew(box, "unit-slow")
  yield* box.must(["rm", "/run/unit-slow-may-end"])
  const id = yield* install(fleet, "unit-slow")
  const line = yield* began(box, "unit-slow", 4)
  assert.match(line, /\/patchctl-executor@\S+\.service$/)
  yield* killAbove(box, line)
  yield* eventually(
    "another executor was asked, and waits",
    box.run(["journalctl", "-q", "-u", "patchctl", "--grep", `${id} has lost its executor`]),
    ({ exitCode }) => exitCode === 0,
  )
  assert.lengthOf(yield* scriptLines(box, "unit-slow"), 7)
  yield* letScriptEnd(box)
  const { result } = yield* fleet.finished(id)
  assert.strictEqual(result?.status, "interrupted", JSON.stringify(result))
  assert.include(result?.problem?.detail, "1 of 1 planned changes are done")
  const report = result?.output?.command === "install_updates" ? result.output.report : undefined
  assert.deepStrictEqual(
    report?.outcomes.map(({ name, outcome }) => [name, outcome]),
    [["unit-slow", "installed"]],
  )
  assert.lengthOf(yield* scriptLines(box, "unit-slow"), 8)
  yield* ranOnce(fleet, id)
})

const doesWithoutInstaller = Effect.fnUntraced(function* (fleet: Fleet) {
  const { box } = fleet
  yield* anew(box, "unit-quick")
  yield* withdraw(box, "patchctl-installer.socket")
  const alone = yield* fleet.finished(yield* install(fleet, "unit-quick"))
  assert.strictEqual(alone.result?.status, "succeeded", JSON.stringify(alone.result))
  assert.match((yield* scriptLines(box, "unit-quick")).at(-2) ?? "", /\/patchctl-executor@\S+\.service$/)
})

const doesWithoutSockets = Effect.fnUntraced(function* (fleet: Fleet) {
  const { box } = fleet
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
    "run the agent without privileges, and installations that outlive its restart and their own service, hold a shutdown and resume after it",
    () =>
      Effect.gen(function* () {
        const fleet = yield* makeFleet(release)
        yield* privileges(fleet)
        yield* scans(fleet)
        yield* outlivesRestart(fleet)
        yield* showKernelsBootId(fleet)
        yield* resumesAfterReboot(fleet)
        yield* resumesAfterRestartOfContainer(fleet)
        yield* holdsShutdown(fleet)
        yield* outlivesInstaller(fleet)
        yield* doesWithoutInstaller(fleet)
        yield* outlivesExecutor(fleet)
        yield* doesWithoutSockets(fleet)
      }).pipe(Effect.scoped),
    900_000,
  )
})
