import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { BuiltRelease, Releases } from "./releases.ts"
import { eventually } from "../../eventually.ts"
import { changes, filesOf, makeSite, type Site, slowScriptRuns } from "./Site.ts"

const apt = (site: Site, ...args: ReadonlyArray<string>) => site.box.must(["apt-get", "-qq", "-y", ...args])

const unit = (site: Site, question: "is-active" | "is-enabled", name = "patchctl.service") =>
  Effect.map(site.box.run(["systemctl", question, name]), ({ stdout }) => stdout.trim())

const installedVersion = (site: Site, name: string) =>
  site.box.must(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", name])

/** Without a key nothing runs, and the installation says what to do. */
const waitsForKey = Effect.fnUntraced(function* (site: Site, { deb }: BuiltRelease) {
  const said = yield* apt(site, "install", `/srv/older/${deb}`)
  assert.include(
    said,
    "Put your licence key into /etc/patchctl/config.json, then: systemctl enable --now patchctl",
  )
  assert.strictEqual(yield* unit(site, "is-enabled"), "disabled")
  const expected = [
    "/opt/patchctl/bin/patchctl-agent 755 root:root",
    "/opt/patchctl/log 755 patchctl:patchctl",
    "/etc/patchctl/config.json 600 root:root",
  ]
  const found = yield* site.box.must([
    "stat",
    "-c",
    "%n %a %U:%G",
    ...expected.map((line) => line.split(" ")[0] ?? ""),
  ])
  assert.deepStrictEqual(found.trim().split("\n"), expected)
})

/** Enrolled, beating and scanning, and any user may ask how it is. */
const worksOnceConfigured = Effect.fnUntraced(function* (site: Site, { version }: BuiltRelease) {
  const config = {
    license_key: site.licenseKey,
    api_url: site.apiUrl,
    ca_file: "/etc/patchctl/ca.pem",
    ...site.settings,
  }
  yield* site.box.must(["install", "-m", "644", site.caFile, config.ca_file])
  yield* site.box.writeFile("/etc/patchctl/config.json", JSON.stringify(config), "600")
  yield* site.box.must(["systemctl", "enable", "--quiet", "--now", "patchctl"])
  const server = yield* site.server(
    "a heartbeat and a complete scan",
    ({ heartbeats, scanVerdict }) => heartbeats > 0 && scanVerdict === "complete",
  )
  assert.isAbove(server.counts?.packages ?? 0, 50)
  assert.strictEqual((yield* site.daemon).agentVersion, version)
  const asked = yield* site.box.run(["setpriv", "--reuid=nobody", "--clear-groups", "patchctl", "status"])
  assert.strictEqual(asked.exitCode, 0, asked.stdout)
  assert.include(
    yield* site.box.must([
      "bash",
      "-ic",
      "complete -p patchctl || . /usr/share/bash-completion/completions/patchctl && complete -p patchctl",
    ]),
    "patchctl",
  )
})

const installsUpdate = Effect.fnUntraced(function* (site: Site) {
  const { result } = yield* site.carriedOut("install_updates", "--package", "unit-quick=1.1-1")
  assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
  assert.strictEqual(yield* installedVersion(site, "unit-quick"), "ii 1.1-1")
})

/** A removal waits for whoever holds dpkg's lock, and what it would stop is not the installation that does. */
const outlivesRemoval = Effect.fnUntraced(function* (site: Site) {
  const slow = yield* site.queue("install_updates", "--package", "unit-slow=1.1-1")
  yield* slowScriptRuns(site)
  const removal = yield* site.box.run(["apt-get", "-y", "remove", "patchctl-agent"])
  assert.strictEqual(removal.exitCode, 100)
  assert.include(removal.stderr, "/var/lib/dpkg/lock-frontend")
  yield* site.box.must(["/var/lib/dpkg/info/patchctl-agent.prerm", "remove"])
  assert.strictEqual(yield* unit(site, "is-active"), "inactive")
  yield* site.box.must(["touch", "/run/unit-slow-may-end"])
  yield* eventually(
    "dpkg has come to its end",
    installedVersion(site, "unit-slow"),
    (version) => version === "ii 1.1-1",
  )
  // Whoever installs the agent again gets to know what came of it.
  yield* site.box.must(["systemctl", "start", "patchctl"])
  const { result } = yield* site.finished(slow)
  assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
})

/** The agent installs its own successor, is restarted in the middle, and reports the result all the same. */
const upgradesItself = Effect.fnUntraced(function* (site: Site, { version }: BuiltRelease) {
  const before = yield* site.daemon
  const config = yield* site.box.must(["cat", "/etc/patchctl/config.json"])
  yield* site.box.writeFile("/etc/apt/sources.list.d/agent.list", "deb [trusted=yes] copy:/srv/newer ./\n")
  yield* apt(site, "update")
  const { result } = yield* site.carriedOut("install_updates", "--package", `patchctl-agent=${version}`)
  assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
  assert.strictEqual(yield* installedVersion(site, "patchctl-agent"), `ii ${version}`)
  const after = yield* site.daemon
  assert.strictEqual(after.agentVersion, version)
  assert.notStrictEqual(after.pid, before.pid)
  assert.strictEqual(yield* unit(site, "is-enabled"), "enabled")
  assert.strictEqual(yield* site.box.must(["cat", "/etc/patchctl/config.json"]), config)
  assert.strictEqual(yield* site.box.must(["dpkg", "--audit"]), "")
})

/** No timer, and whoever starts an update by hand is told how it is done here. */
const leavesUpdatesToApt = Effect.fnUntraced(function* (site: Site) {
  const units = yield* site.box.must(["systemctl", "list-unit-files", "--no-legend", "patchctl*"])
  assert.include(units, "patchctl.service")
  assert.notInclude(units, "patchctl-update")
  const { exitCode, stderr } = yield* site.box.run(["/opt/patchctl/bin/patchctl-agent", "update"])
  assert.strictEqual(exitCode, 0, stderr)
  assert.include(stderr, "apt-get install patchctl-agent")
})

/** An administrator's decision outlives an upgrade. */
const staysDisabled = Effect.fnUntraced(function* (site: Site) {
  yield* site.box.must(["systemctl", "--quiet", "disable", "--now", "patchctl"])
  yield* apt(site, "install", "--reinstall", "patchctl-agent")
  assert.strictEqual(yield* unit(site, "is-enabled"), "disabled")
  assert.strictEqual(yield* unit(site, "is-active"), "inactive")
  yield* site.box.must(["systemctl", "enable", "--quiet", "--now", "patchctl"])
})

const comesBack = Effect.fnUntraced(function* (site: Site) {
  yield* apt(site, "remove", "patchctl-agent")
  for (const name of ["patchctl.service", "patchctl-executor.socket", "patchctl-installer.socket"]) {
    assert.strictEqual(yield* unit(site, "is-active", name), "inactive")
    assert.notStrictEqual(yield* unit(site, "is-enabled", name), "enabled")
  }
  yield* site.box.must(["test", "-f", "/etc/patchctl/config.json", "-a", "-d", "/var/lib/patchctl"])
  yield* apt(site, "install", "patchctl-agent")
  assert.strictEqual(yield* unit(site, "is-active"), "active")
})

/** From a machine without the agent to a machine without the agent. */
export const lifeOfDeb = Effect.fnUntraced(function* (releases: Releases["Service"]) {
  const site = yield* makeSite(releases)
  const before = yield* filesOf(site.box)
  yield* waitsForKey(site, releases.older)
  yield* worksOnceConfigured(site, releases.older)
  yield* installsUpdate(site)
  yield* outlivesRemoval(site)
  yield* leavesUpdatesToApt(site)
  yield* upgradesItself(site, releases.newer)
  yield* staysDisabled(site)
  yield* comesBack(site)
  yield* apt(site, "purge", "patchctl-agent")
  yield* site.box.must(["rm", "/etc/apt/sources.list.d/agent.list"])
  assert.deepStrictEqual(changes(before, yield* filesOf(site.box)), [])
  assert.notStrictEqual((yield* site.box.run(["id", "patchctl"])).exitCode, 0)
  assert.strictEqual(
    (yield* site.box.must([
      "systemctl",
      "list-units",
      "--all",
      "--plain",
      "--no-legend",
      "patchctl*",
    ])).trim(),
    "",
  )
})
