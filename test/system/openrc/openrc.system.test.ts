import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { agentVersion } from "../../../src/agentVersion.ts"
import { eventually } from "../../eventually.ts"
import { changes, filesOf } from "../packages/Site.ts"
import { Archives } from "./archives.ts"
import { makeOpenRcSite, type OpenRcSite } from "./OpenRcSite.ts"

// What install.sh installs where OpenRC starts services, from a machine without the agent to one without.

const installs = Effect.fnUntraced(function* (site: OpenRcSite, ...options: ReadonlyArray<string>) {
  const { exitCode, stdout, stderr } = yield* site.runScript("--from=/srv/release", ...options)
  assert.strictEqual(exitCode, 0, stdout + stderr)
  assert.notInclude(stdout + stderr, site.licenseKey)
  return stdout
})

const installsWithKey = Effect.fnUntraced(function* (site: OpenRcSite) {
  yield* site.box.writeFile("/etc/patchctl/config.json", JSON.stringify(site.settings, undefined, 2), "600")
  const told = [`--key=${site.licenseKey}`, `--api-url=${site.apiUrl}`, `--ca-file=${site.caFile}`]
  assert.include(yield* installs(site, ...told), "It is running")
})

const packageState = ({ box }: OpenRcSite, name: string) =>
  box.must(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", name])

const beatsAgain = Effect.fnUntraced(function* (site: OpenRcSite, what: string) {
  const { heartbeats } = yield* site.server("is known", () => true)
  yield* site.server(what, (server) => server.heartbeats > heartbeats + 1)
})

const uninstalls = Effect.fnUntraced(function* (site: OpenRcSite, before: ReadonlySet<string>) {
  const { exitCode, stdout, stderr } = yield* site.runScript("--uninstall")
  assert.strictEqual(exitCode, 0, stdout + stderr)
  const running = yield* site.box.run(["pgrep", "-f", "patchctl-agent"])
  assert.strictEqual(running.exitCode, 1, running.stdout)
  assert.deepStrictEqual(changes(before, yield* filesOf(site.box)), [])
})

layer(Archives.layer, { timeout: "300 seconds", excludeTestServices: true })("OpenRC", (it) => {
  it.effect(
    "runs the agent, starts it again when it is killed, and lets an installation end when it is stopped",
    () =>
      Effect.gen(function* () {
        const site = yield* makeOpenRcSite(yield* Archives)
        const { box } = site
        const service = (verb: string) => box.run(["rc-service", "patchctl", verb])
        const before = yield* filesOf(box)
        yield* installsWithKey(site)
        yield* site.server("a complete scan", ({ scanVerdict }) => scanVerdict === "complete")
        assert.strictEqual((yield* service("status")).exitCode, 0)
        assert.include(yield* box.must(["rc-update", "show", "default"]), "patchctl")
        yield* eventually(
          "the log file tells of its executor",
          box.run(["grep", "executor=spawn", "/opt/patchctl/log/agent.log"]),
          (said) => said.exitCode === 0,
        )
        const { pid } = yield* site.daemon
        const environment = (yield* box.must(["cat", `/proc/${pid}/environ`])).split("\0")
        assert.includeMembers(environment, ["MALLOC_ARENA_MAX=1", "UV_THREADPOOL_SIZE=1"])

        yield* box.must(["kill", "-KILL", String(pid)])
        yield* eventually("another daemon", site.daemon, (daemon) => daemon.pid !== pid)
        yield* beatsAgain(site, "beats of the daemon after it")

        // The service ends, the installation does not, and its result comes when the service is there again.
        const command = yield* site.queue("install_updates", "--package", "unit-slow=1.1-1")
        yield* eventually(
          "the script begins",
          box.run(["grep", "begins", "/var/log/unit-scripts"]),
          (said) => said.exitCode === 0,
        )
        const busy = yield* site.runScript("--uninstall")
        assert.strictEqual(busy.exitCode, 1, busy.stdout + busy.stderr)
        assert.include(busy.stderr, "a command is being carried out")
        assert.strictEqual((yield* service("stop")).exitCode, 0)
        assert.strictEqual((yield* service("status")).exitCode, 3)
        assert.strictEqual((yield* box.run(["pgrep", "-f", "patchctl-agent run"])).exitCode, 1)
        assert.strictEqual((yield* box.run(["pgrep", "-f", "unit-slow.postinst"])).exitCode, 0)
        yield* box.must(["touch", "/run/unit-slow-may-end"])
        yield* eventually("it is installed", packageState(site, "unit-slow"), (state) => state === "ii 1.1-1")
        // As a boot does it.
        yield* box.must(["openrc", "default"])
        const { result } = yield* site.finished(command)
        assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
        assert.strictEqual((yield* service("restart")).exitCode, 0)
        yield* beatsAgain(site, "beats after a restart")

        yield* installs(site, "--read-only")
        yield* beatsAgain(site, "beats of the read-only agent")
        const refused = yield* site.carriedOut("install_updates", "--package", "unit-quick=1.1-1")
        assert.strictEqual(refused.result?.refusal?.code, "read_only", JSON.stringify(refused.result))
        yield* uninstalls(site, before)
      }).pipe(Effect.scoped),
  )

  it.effect(
    "runs the agent by the distribution's own Node.js where there is no glibc, and with busybox",
    () =>
      Effect.gen(function* () {
        // Not with the musl of Alpine, which is not here; but with busybox in the place of GNU's programs, and without what
        // install.sh tells glibc by.
        const applets = "/srv/applets"
        const site = yield* makeOpenRcSite(yield* Archives, applets)
        const { box } = site
        yield* box.must(["mkdir", applets])
        yield* box.must(["busybox", "--install", "-s", applets])
        yield* box.must(["mv", "/usr/bin/getconf", "/root/getconf"])
        const without = yield* site.runScript("--from=/srv/release")
        assert.strictEqual(without.exitCode, 1, without.stdout)
        assert.include(without.stderr, "apk add nodejs")
        yield* box.must(["ln", "-s", "/srv/tools/node", "/usr/bin/node"])
        const before = yield* filesOf(box)
        yield* installsWithKey(site)
        const program = yield* box.must(["head", "-n", "1", "/opt/patchctl/bin/patchctl-agent"])
        assert.strictEqual(program, "#!/usr/bin/node --lite-mode\n")
        assert.strictEqual(yield* box.must(["patchctl", "--version"]), `patchctl v${agentVersion}\n`)
        yield* site.server("a complete scan", ({ scanVerdict }) => scanVerdict === "complete")
        const { result } = yield* site.carriedOut("install_updates", "--package", "unit-quick=1.1-1")
        assert.strictEqual(result?.status, "succeeded", JSON.stringify(result))
        assert.strictEqual((yield* box.run(["patchctl", "status"])).exitCode, 0)
        yield* uninstalls(site, before)
      }).pipe(Effect.scoped),
  )
})
