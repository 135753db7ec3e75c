import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { must, type Releases } from "./releases.ts"
import { changes, filesOf, makeSite, type Site } from "./Site.ts"

const units = ["patchctl.service", "patchctl-executor.socket", "patchctl-installer.socket"] as const

const dnf = ({ box }: Site, ...args: ReadonlyArray<string>) => box.must(["dnf", "-y", ...args])

/** What systemd says of each unit, by `is-active` or `is-enabled`. */
const each = ({ box }: Site, question: "is-active" | "is-enabled") =>
  Effect.map(box.run(["systemctl", question, ...units]), ({ stdout }) => stdout.trim().split("\n"))

const configure = Effect.fnUntraced(function* ({ box, licenseKey, apiUrl, caFile, settings }: Site) {
  const authorities = { ca_file: "/etc/patchctl/ca.pem" }
  yield* box.must(["install", "-m", "644", caFile, authorities.ca_file])
  const config = { license_key: licenseKey, api_url: apiUrl, ...authorities, ...settings }
  yield* box.writeFile("/etc/patchctl/config.json", JSON.stringify(config), "600")
})

/** By dnf with the real systemd: from a machine without the agent to a machine without the agent. */
export const lifeOfBootedRpm = Effect.fnUntraced(function* (releases: Releases["Service"]) {
  const { older, newer } = releases
  yield* must("bash", `${import.meta.dirname}/rpmBase.sh`, `${older.folder}/${older.rpm}`, older.folder)
  yield* must("createrepo_c", "--quiet", newer.folder)
  const site = yield* makeSite(releases, "bookworm-rpm")
  const { box } = site
  yield* box.must(["rpm", "-i", "/srv/older/base.rpm"])
  const before = yield* filesOf(box)

  // Without a key nothing runs, and the installation says what to do.
  const said = yield* dnf(site, "install", `/srv/older/${older.rpm}`)
  assert.include(said, "Put your licence key into /etc/patchctl/config.json")
  assert.deepStrictEqual(yield* each(site, "is-enabled"), ["disabled", "disabled", "disabled"])
  assert.deepStrictEqual(yield* each(site, "is-active"), ["inactive", "inactive", "inactive"])
  assert.match(
    yield* box.must(["getent", "passwd", "patchctl"]),
    /:\/var\/lib\/patchctl:\/usr\/sbin\/nologin$/m,
  )

  yield* configure(site)
  yield* box.must(["systemctl", "enable", "--quiet", "--now", "patchctl"])
  yield* site.server("heartbeats", ({ heartbeats }) => heartbeats > 1)
  assert.deepStrictEqual(yield* each(site, "is-active"), ["active", "active", "active"])

  // The agent installs its own successor, is restarted in the middle, and reports the result all the same.
  const former = yield* site.daemon
  yield* box.writeFile(
    "/etc/yum.repos.d/agent.repo",
    "[agent]\nname=agent\nbaseurl=file:///srv/newer\ngpgcheck=0\n",
  )
  yield* dnf(site, "makecache")
  const { result } = yield* site.carriedOut(
    "install_updates",
    "--package",
    `patchctl-agent=${newer.version}-1`,
  )
  assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
  assert.strictEqual(yield* box.must(["rpm", "-q", "--qf", "%{VERSION}", "patchctl-agent"]), newer.version)
  yield* site.server("a heartbeat of the newer", (server) => server.agentVersion === newer.version)
  assert.notStrictEqual((yield* site.daemon).pid, former.pid)
  assert.deepStrictEqual(yield* each(site, "is-enabled"), ["enabled", "enabled", "enabled"])

  yield* dnf(site, "remove", "patchctl-agent")
  assert.deepStrictEqual(yield* each(site, "is-active"), ["inactive", "inactive", "inactive"])
  const links = yield* box.must(["find", "/etc/systemd/system", "-name", "patchctl*"])
  assert.strictEqual(links, "")
  const loaded = yield* box.must(["systemctl", "list-units", "--all", "--plain", "--no-legend", "patchctl*"])
  assert.strictEqual(loaded.trim(), "")

  // With its configuration still there it runs at once.
  yield* dnf(site, "install", "patchctl-agent")
  assert.deepStrictEqual(yield* each(site, "is-active"), ["active", "active", "active"])
  yield* dnf(site, "remove", "patchctl-agent")
  // As the documentation says.
  const state = ["/var/lib/patchctl", "/var/lib/patchctl-executor"]
  yield* box.must(["rm", "-rf", "/etc/patchctl", "/opt/patchctl", ...state])
  yield* box.must(["userdel", "patchctl"])
  yield* box.must(["rm", "/etc/yum.repos.d/agent.repo"])
  assert.deepStrictEqual(changes(before, yield* filesOf(box)), [])
})
