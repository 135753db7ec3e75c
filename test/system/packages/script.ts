import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as NodeServices from "@effect/platform-node/NodeServices"
import type { SystemdBox } from "../systemd/SystemdBox.ts"
import type { Releases } from "./releases.ts"
import { changes, filesOf, makeSite, type Site, slowScriptRuns } from "./Site.ts"

/** As `curl … | sh -s -- …` runs it: the script comes on stdin. */
export const runScript = (site: Site, script: string, ...options: ReadonlyArray<string>) =>
  site.box.run(["sh", "-s", "--", ...options], script)

export const installs = Effect.fnUntraced(function* (
  site: Site,
  script: string,
  ...options: ReadonlyArray<string>
) {
  const { exitCode, stdout, stderr } = yield* runScript(site, script, ...options)
  assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" })
  assert.notInclude(stdout, site.licenseKey)
  return stdout
})

const version = (site: Site) => Effect.map(site.daemon, ({ agentVersion }) => agentVersion)

const slots = (site: Site) =>
  Effect.map(site.box.must(["ls", "/opt/patchctl/versions"]), (text) => text.trim().split("\n"))

const config = (site: Site) => site.box.must(["cat", "/etc/patchctl/config.json"])

/** Databases of the daemon come and go with it, and the timer may have made an attempt to update meanwhile. */
const withoutState = (box: SystemdBox) =>
  Effect.map(
    filesOf(box),
    (files) =>
      new Set(
        [...files].filter(
          (line) =>
            !/^\/(?:var\/lib\/patchctl(?:-executor)?)\/|^\/opt\/patchctl\/update\/(?:metadata|state\.json)/.test(
              line,
            ),
        ),
      ),
  )

/** From a machine without the agent to a machine without the agent, by the install script alone. */
export const lifeOfScript = Effect.fnUntraced(function* (releases: Releases["Service"]) {
  const fs = yield* FileSystem.FileSystem
  const { older, newer } = releases
  const site = yield* makeSite(releases)
  const { box } = site
  const script = yield* fs.readFileString(`${older.folder}/install.sh`)
  const before = yield* filesOf(box)

  // What somebody has configured before is kept.
  yield* box.writeFile("/etc/patchctl/config.json", JSON.stringify(site.settings, undefined, 2), "600")
  const told = [`--key=${site.licenseKey}`, `--api-url=${site.apiUrl}`, `--ca-file=${site.caFile}`]
  assert.include(yield* installs(site, script, "--from=/srv/older", ...told), "It is running")
  yield* site.server("a heartbeat", ({ heartbeats }) => heartbeats > 0)
  yield* site.server("a complete scan", ({ scanVerdict }) => scanVerdict === "complete")
  assert.deepStrictEqual(JSON.parse(yield* config(site)), {
    license_key: site.licenseKey,
    api_url: site.apiUrl,
    ca_file: "/etc/patchctl/ca.pem",
    ...site.settings,
  })
  assert.strictEqual((yield* box.must(["patchctl", "--version"])).trim(), `patchctl v${older.version}`)
  const { result } = yield* site.carriedOut("install_updates", "--package", "unit-quick=1.1-1")
  assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))

  // Once more changes nothing, and repairs what is broken.
  const installed = yield* withoutState(box)
  yield* box.must(["rm", "/usr/local/lib/systemd/system/patchctl-executor.socket", "/usr/local/bin/patchctl"])
  yield* installs(site, script, "--from=/srv/older")
  assert.deepStrictEqual(changes(installed, yield* withoutState(box)), [])

  yield* installs(site, script, "--from=/srv/newer")
  yield* site.server("a heartbeat of the newer", (server) => server.agentVersion === newer.version)
  assert.deepStrictEqual(yield* slots(site), [older.version, newer.version])
  const links = yield* box.must(["stat", "-c", "%h %a %U:%G %F", "/opt/patchctl/bin/patchctl-agent"])
  assert.strictEqual(links.trim(), "2 755 root:root regular file")

  // Nobody is left without the result of an installation.
  const slow = yield* site.queue("install_updates", "--package", "unit-slow=1.1-1")
  yield* slowScriptRuns(site)
  const busy = yield* runScript(site, script, "--uninstall")
  assert.strictEqual(busy.exitCode, 1)
  assert.include(busy.stderr, "a command is being carried out")
  yield* box.must(["touch", "/run/unit-slow-may-end"])
  assert.strictEqual((yield* site.finished(slow)).result?.status, "succeeded")

  // An old list that is signed all the same takes nobody back unasked.
  const back = yield* runScript(site, script, "--from=/srv/older")
  assert.strictEqual(back.exitCode, 1)
  assert.include(back.stderr, `to go back say --version=${older.version}`)
  assert.strictEqual(yield* version(site), newer.version)
  yield* installs(site, script, "--from=/srv/older", `--version=${older.version}`, "--read-only")
  yield* site.server("a heartbeat of the older", (server) => server.agentVersion === older.version)
  const refused = yield* site.carriedOut("install_updates", "--package", "unit-slow=1.1-1")
  assert.strictEqual(refused.result?.refusal?.code, "read_only", JSON.stringify(refused.result))

  const removed = yield* runScript(site, script, "--uninstall")
  assert.strictEqual(removed.exitCode, 0, removed.stderr)
  assert.deepStrictEqual(changes(before, yield* filesOf(box)), [])
  assert.notStrictEqual((yield* box.run(["id", "patchctl"])).exitCode, 0)
}, Effect.provide(NodeServices.layer))
