import { assert } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { agentVersion } from "../../../src/agentVersion.ts"
import { eventually } from "../../eventually.ts"
import { onHost } from "../lab/machine.ts"
import { make } from "../systemd/SystemdBox.ts"
import { NixFlake } from "./NixFlake.ts"

const checkout = `${import.meta.dirname}/../../..`

/** npm packages as tarballs made of node_modules, in the place of downloads; then the package, built by its own phases. */
export const program = Effect.gen(function* () {
  const nix = yield* NixFlake
  const output = "packages.x86_64-linux.default"
  const names = yield* nix.eval(
    Schema.Record(Schema.String, Schema.String),
    `${output}.npmPackages`,
    "builtins.mapAttrs (_: tarball: tarball.name)",
  )
  const fs = yield* FileSystem.FileSystem
  yield* Effect.forEach(
    Object.entries(names),
    Effect.fnUntraced(function* ([path, name]) {
      const file = `${nix.folder}/tarballs/${name}.tgz`
      if (yield* fs.exists(file)) return
      const folders = ["--exclude=./node_modules", "--transform=s,^[.],package,", "-C", `${checkout}/${path}`]
      const packed = yield* onHost(["tar", "-cf", file, ...folders, "."])
      assert.strictEqual(packed.exitCode, 0, packed.stderr)
    }),
  )
  return yield* nix.build(output)
}).pipe(Effect.provide(NodeServices.layer))

const licenseKey = "pk_live_test0123456789"

/** What NixOS does with a configuration, in the terms of Debian. */
const activate = `
useradd --system --no-create-home --home-dir /var/lib/patchctl --shell /usr/sbin/nologin patchctl
install -d /etc/patchctl /opt/patchctl
ln -s /run/patchctl-config/config.json /etc/patchctl/config.json
install -m 644 "$1"/* /etc/systemd/system/
systemctl daemon-reload
systemctl enable --quiet patchctl.service patchctl-executor.socket patchctl-installer.socket
systemctl start patchctl-executor.socket patchctl-installer.socket
`

/** Boots a machine with the units of a folder in the store, and looks at what they start. */
export const bootHost = Effect.fnUntraced(function* (units: string) {
  const { folder } = yield* NixFlake
  // jq and what it is linked with, which the machine does not have: NixOS would bring them along.
  const linked = yield* onHost(["ldd", "/usr/bin/jq"])
  const libraries = [...linked.stdout.matchAll(/=> (\S+lib(?:jq|onig)\.so\S*)/g)].flatMap(
    ([, path]) => path ?? [],
  )
  const box = yield* make("bookworm-service", {
    binds: [folder, "/usr/bin/jq", ...libraries].map((path) => [path, path] as const),
  })
  yield* box.must(["bash", "-euc", activate, "activate", units])

  const start = (unit: string) => box.run(["systemctl", "start", unit])
  assert.notStrictEqual(
    (yield* start("patchctl")).exitCode,
    0,
    "without its licence key file it starts nothing",
  )
  yield* box.writeFile("/etc/test-license-key", `  ${licenseKey}\n`, "600")
  const started = yield* start("patchctl")
  assert.strictEqual(started.exitCode, 0, started.stderr)

  const mode = yield* box.must(["stat", "-Lc", "%a %U:%G", "/etc/patchctl/config.json"])
  assert.strictEqual(mode.trim(), "600 root:root")
  const Config = Schema.fromJsonString(Schema.Struct({ license_key: Schema.String, api_url: Schema.String }))
  const config = yield* Schema.decodeEffect(Config)(yield* box.must(["cat", "/etc/patchctl/config.json"]))
  assert.deepStrictEqual(config, { license_key: licenseKey, api_url: "https://127.0.0.1:8443" })

  const pid = (yield* box.must(["systemctl", "show", "--value", "--property=MainPID", "patchctl"])).trim()
  yield* eventually(
    "the daemon has begun its work",
    box.run(["test", "-e", "/var/lib/patchctl/status.json"]),
    ({ exitCode }) => exitCode === 0,
  )
  const status = yield* box.must(["cat", `/proc/${pid}/status`])
  const user = (yield* box.must(["id", "-u", "patchctl"])).trim()
  assert.match(status, new RegExp(`^Uid:\t${user}\t${user}\t${user}\t${user}$`, "m"))
  assert.match(status, /^CapBnd:\t0{16}$/m)
  const sockets = ["/run/patchctl/executor.sock", "/run/patchctl/installer.sock"]
  const modes = yield* box.must(["stat", "-c", "%a %U:%G", ...sockets])
  assert.strictEqual(modes, "660 root:patchctl\n600 root:root\n")

  const exec = (yield* box.must(["systemctl", "show", "--value", "--property=ExecStart", "patchctl"])).match(
    /path=(\S+)/,
  )
  const version = yield* box.must([exec?.[1] ?? "", "--version"])
  assert.strictEqual(version, `patchctl v${agentVersion}\n`)

  // A switch to a configuration with other settings restarts the one that writes them, and that takes the daemon along.
  yield* box.must(["systemctl", "restart", "patchctl-config"])
  const again = (yield* box.must(["systemctl", "show", "--value", "--property=MainPID", "patchctl"])).trim()
  assert.notStrictEqual(again, pid)
  yield* eventually(
    "the daemon of the new configuration is ready",
    box.run(["systemctl", "is-active", "patchctl"]),
    ({ stdout }) => stdout.trim() === "active",
  )
}, Effect.scoped)
