import { assert } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { UpdateState } from "../../../src/self-update/UpdateState.ts"
import { eventually } from "../../eventually.ts"
import { standIn } from "../update/standIn.ts"
import type { BuiltRelease, Releases } from "./releases.ts"
import { installs, runScript } from "./script.ts"
import { makeSite, type Site } from "./Site.ts"

// The real updater in its real unit, from one real version to the next.

const decodeState = Schema.decodeUnknownEffect(Schema.fromJsonString(UpdateState))

const systemctl = (site: Site, ...args: ReadonlyArray<string>) => site.box.run(["systemctl", ...args])

const remembered = (site: Site) =>
  Effect.flatMap(site.box.must(["cat", "/opt/patchctl/update/state.json"]), decodeState)

const publish = (site: Site, version: string, executable: string) => {
  const about = ["--release-version", version, "--arch", "x64"]
  return site.operator("release", "add", "--keys", "/srv/updates/keys", ...about, executable)
}

const beats = (site: Site, version: string) =>
  site.server(`a heartbeat of ${version}`, ({ agentVersion }) => agentVersion === version)

/** What any user is told of the last attempt. */
const told = Effect.fnUntraced(function* (site: Site) {
  const { stdout } = yield* site.box.run([
    "setpriv",
    "--reuid=nobody",
    "--clear-groups",
    "patchctl",
    "status",
  ])
  return stdout.split("\n").find((line) => /^update\b/.test(line)) ?? stdout
})

/** One attempt as the timer starts it, to its end; answers what became of it. */
const attempt = Effect.fnUntraced(function* (site: Site) {
  const { exitCode } = yield* systemctl(site, "start", "patchctl-update")
  const { last, step } = yield* remembered(site)
  assert.isUndefined(step)
  return { exitCode, outcome: last?.outcome, detail: last?.detail ?? "" }
})

/** While the server is away nothing is wrong with the host. */
const waitsForServer = Effect.fnUntraced(function* (site: Site) {
  yield* systemctl(site, "stop", "control-plane")
  const { exitCode, outcome } = yield* attempt(site)
  assert.deepStrictEqual({ exitCode, outcome }, { exitCode: 0, outcome: "unreachable" })
  assert.include(yield* told(site), "unreachable")
  assert.strictEqual((yield* systemctl(site, "is-failed", "patchctl-update")).stdout.trim(), "inactive")
  yield* systemctl(site, "start", "control-plane")
})

const takesRelease = Effect.fnUntraced(function* (site: Site, { version }: BuiltRelease) {
  const { exitCode, outcome, detail } = yield* attempt(site)
  assert.deepStrictEqual({ exitCode, outcome }, { exitCode: 0, outcome: "updated" }, detail)
  yield* beats(site, version)
  assert.include(yield* told(site), `replaced by ${version}, which has sent a heartbeat`)
  assert.strictEqual((yield* attempt(site)).outcome, "up_to_date")
})

/** A new version that cannot beat yet: meanwhile the agent is restarted, installed, and the updater killed. */
const completesWhatWasKilled = Effect.fnUntraced(function* (site: Site, script: string, version: string) {
  const { box } = site
  const held = "[Service]\nExecStartPre=/bin/sh -c 'while [ -e /run/held ]; do sleep 0.1; done'\n"
  yield* box.writeFile("/run/systemd/system/patchctl.service.d/held.conf", held)
  yield* box.must(["touch", "/run/held"])
  yield* systemctl(site, "daemon-reload")
  yield* box.must(["systemctl", "start", "--no-block", "patchctl-update"])
  yield* eventually(
    "the new version is started",
    Effect.option(remembered(site)),
    (state) => state._tag === "Some" && state.value.step?.name === "proving",
  )
  yield* systemctl(site, "stop", "control-plane")
  yield* box.must(["rm", "/run/held"])
  const runsUnheard = eventually(
    "the new version runs",
    Effect.option(site.daemon),
    (status) => status._tag === "Some" && status.value.agentVersion === version,
  )
  yield* runsUnheard
  const { exitCode, stderr } = yield* runScript(site, script, "--from=/srv/newer")
  assert.strictEqual(exitCode, 1)
  assert.include(stderr, "an update of the agent is under way")
  yield* box.must(["systemctl", "restart", "patchctl"])
  yield* runsUnheard
  const working = yield* systemctl(site, "is-active", "patchctl-update")
  assert.strictEqual(working.stdout.trim(), "activating")
  yield* box.must(["systemctl", "kill", "--signal=KILL", "patchctl-update"])
  yield* eventually(
    "the updater is dead",
    systemctl(site, "is-active", "patchctl-update"),
    ({ stdout }) => stdout.trim() === "failed",
  )
  assert.strictEqual((yield* remembered(site)).step?.name, "proving")
  yield* systemctl(site, "start", "control-plane")
  yield* beats(site, version)
  const { outcome, detail } = yield* attempt(site)
  assert.strictEqual(outcome, "updated", detail)
})

/** The version before runs again, and what did not work is left alone from now on. */
const comesBack = Effect.fnUntraced(function* (site: Site, version: string, bad: string, program: string) {
  yield* site.box.writeFile("/srv/bad", program, "755")
  yield* publish(site, bad, "/srv/bad")
  const { exitCode, outcome, detail } = yield* attempt(site)
  assert.deepStrictEqual({ exitCode, outcome }, { exitCode: 1, outcome: "returned" }, detail)
  assert.include(yield* told(site), `${version} runs again, and ${bad} is not tried again`)
  const { heartbeats } = yield* beats(site, version)
  yield* site.server("another heartbeat", (server) => server.heartbeats > heartbeats)
  assert.strictEqual((yield* site.daemon).agentVersion, version)
  const again = yield* attempt(site)
  assert.strictEqual(again.outcome, "up_to_date")
  assert.include(again.detail, `${bad} did not work here`)
})

/** The agent as a release that calls itself otherwise: it runs and beats, but never as the version that it claims to be. */
const impostor = (version: string, real: string) => `#!/bin/sh
case $* in
--version) echo "patchctl v${version}" ;;
*) exec /opt/patchctl/versions/${real}/patchctl-agent "$@" ;;
esac
`

export const updatesItself = Effect.fnUntraced(function* (releases: Releases["Service"]) {
  const fs = yield* FileSystem.FileSystem
  const { older, newer } = releases
  const site = yield* makeSite(releases)
  const { box } = site
  const script = yield* fs.readFileString(`${older.folder}/install.sh`)
  yield* box.must(["cp", "-rT", "/srv/updates/releases", "/var/lib/control-plane/releases"])
  yield* box.writeFile("/etc/patchctl/config.json", JSON.stringify(site.settings), "600")
  const place = [`--api-url=${site.apiUrl}`, `--ca-file=${site.caFile}`]
  yield* installs(site, script, "--from=/srv/older", `--key=${site.licenseKey}`, ...place)
  yield* beats(site, older.version)
  const timer = yield* systemctl(site, "is-enabled", "patchctl-update.timer")
  assert.strictEqual(timer.stdout.trim(), "enabled")
  assert.strictEqual((yield* systemctl(site, "is-active", "patchctl-update.timer")).stdout.trim(), "active")
  // From now on only the test says when.
  yield* systemctl(site, "stop", "patchctl-update.timer")

  yield* waitsForServer(site)
  yield* publish(site, newer.version, "/srv/newer-agent")
  yield* takesRelease(site, newer)

  yield* installs(site, script, "--from=/srv/older", `--version=${older.version}`)
  yield* systemctl(site, "stop", "patchctl-update.timer")
  yield* beats(site, older.version)
  yield* completesWhatWasKilled(site, script, newer.version)

  yield* comesBack(site, newer.version, "100.0.0", standIn("100.0.0", "crashing"))
  const soon = "[Service]\nExecStart=\nExecStart=/opt/patchctl/bin/patchctl-agent update --health-seconds 5\n"
  yield* box.writeFile("/run/systemd/system/patchctl-update.service.d/soon.conf", soon)
  yield* systemctl(site, "daemon-reload")
  yield* comesBack(site, newer.version, "101.0.0", impostor("101.0.0", newer.version))
  const slots = yield* box.must(["ls", "/opt/patchctl/versions"])
  assert.strictEqual(slots, `${newer.version}\n`)
}, Effect.provide(NodeServices.layer))
