import { assert, layer } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { AgentConfigFile } from "../../../src/config/AgentConfig.ts"
import { configKeys } from "../../../src/config/configKeys.ts"
import { NixFlake } from "./NixFlake.ts"
import { unitDifferences, valuesOf } from "./unitDirectives.ts"

const checkout = `${import.meta.dirname}/../../..`

const packagedUnit = (name: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.readFileString(`${checkout}/packaging/systemd/${name}`),
  ).pipe(Effect.provide(NodeServices.layer))

const { license_key: _, ...withoutLicenseKey } = AgentConfigFile.fields
const OtherSettings = Schema.Struct(withoutLicenseKey)
const defaults = Schema.encodeSync(OtherSettings)(Schema.decodeSync(OtherSettings)({}))

layer(NixFlake.layer, { excludeTestServices: true, timeout: "3 minutes" })("the module for NixOS", (it) => {
  it.effect("gives the module the keys and defaults of config.json", () =>
    Effect.gen(function* () {
      const { settings } = yield* (yield* NixFlake).host("plain")
      const names = configKeys.map(({ name }) => name).filter((name) => name !== "license_key")
      assert.deepStrictEqual(Object.keys(settings).sort(), names.sort())
      const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null))
      assert.deepStrictEqual(given, { ...defaults, self_update: false })
    }),
  )

  it.effect("makes the units of packaging/systemd, with a few lines of NixOS", () =>
    Effect.gen(function* () {
      const { units, program: path } = yield* (yield* NixFlake).host("plain")
      const start = (verb: string) => ({
        missing: `[Service] ExecStart=/opt/patchctl/bin/patchctl-agent ${verb}`,
        added: `[Service] ExecStart=${path}/bin/patchctl-agent ${verb}`,
      })
      const untouched = ["[Service] X-RestartIfChanged=false", "[Service] X-StopIfChanged=false"]
      const expected = {
        "patchctl.service": {
          missing: [
            "[Install] Also=patchctl-executor.socket patchctl-installer.socket",
            start("run").missing,
            "[Unit] After=network.target time-sync.target patchctl-executor.socket",
          ],
          added: [
            start("run").added,
            "[Service] X-StopIfChanged=false",
            "[Unit] After=network.target time-sync.target patchctl-executor.socket patchctl-config.service",
            "[Unit] Requires=patchctl-config.service",
          ],
        },
        "patchctl-executor@.service": {
          missing: [
            start("execute").missing,
            "[Unit] After=network.target time-sync.target patchctl-installer.socket",
            "[Unit] Wants=patchctl-installer.socket",
          ],
          added: [
            start("execute").added,
            ...untouched,
            "[Unit] After=network.target time-sync.target patchctl-installer.socket patchctl-config.service",
            "[Unit] Wants=patchctl-installer.socket patchctl-config.service",
          ],
        },
        "patchctl-installer@.service": {
          missing: [start("apply").missing],
          added: [start("apply").added, ...untouched],
        },
        "patchctl-executor.socket": { missing: [], added: [] },
        "patchctl-installer.socket": { missing: [], added: [] },
      }
      assert.sameMembers(Object.keys(units), [...Object.keys(expected), "patchctl-config.service"])
      for (const [name, differences] of Object.entries(expected)) {
        const packaged = yield* packagedUnit(name)
        const made = units[name] ?? ""
        const found = unitDifferences(packaged, made)
        // Every service of NixOS has a PATH, and a daemon is restarted when what it is configured with changes.
        const added = found.added.filter((line) => !/Environment="PATH=|X-Restart-Triggers=/.test(line))
        assert.deepStrictEqual({ ...found, added }, differences, name)
        assert.deepStrictEqual(valuesOf(made, "SystemCallFilter"), valuesOf(packaged, "SystemCallFilter"))
      }
    }),
  )

  it.effect("gives each setting its place, and the store no secret", () =>
    Effect.gen(function* () {
      const { units, files, tmpfiles, failed } = yield* (yield* NixFlake).host("full")
      assert.deepStrictEqual(failed, [])
      assert.deepStrictEqual(files, {
        "patchctl/config.json": { mode: "symlink", source: "/run/patchctl-config/config.json" },
        "patchctl/policy.json": { mode: "symlink", source: "/var/lib/secrets/policy.json" },
      })
      assert.deepStrictEqual(tmpfiles, [
        "d /opt/patchctl 0755 root root -",
        "f+ /opt/patchctl/installed-by 0644 root root - nix",
        "d /var/log/patchctl 0755 patchctl patchctl -",
        "d /srv/patchctl 0755 patchctl patchctl -",
      ])
      const daemon = units["patchctl.service"] ?? ""
      assert.includeMembers([...valuesOf(daemon, "ReadWritePaths")], ["/var/log/patchctl", "/srv/patchctl"])
      const executor = units["patchctl-executor@.service"] ?? ""
      assert.deepStrictEqual(valuesOf(executor, "AssertPathExists"), ["/var/lib/secrets/policy.json"])
      assert.deepStrictEqual(valuesOf(units["patchctl-config.service"] ?? "", "LoadCredential"), [
        "license_key:/run/secrets/license-key",
        "proxy:/run/secrets/proxy",
      ])
    }),
  )

  it.effect("does nothing unless it is enabled, and takes overrides", () =>
    Effect.gen(function* () {
      const nix = yield* NixFlake
      const without = yield* nix.host("without")
      assert.deepStrictEqual(
        [without.units, without.files, without.user, without.packages],
        [{}, {}, null, []],
      )
      const readOnly = yield* nix.host("readOnly")
      assert.sameMembers(Object.keys(readOnly.units), ["patchctl.service", "patchctl-config.service"])
      const { units } = yield* nix.host("overridden")
      const daemon = units["patchctl.service"] ?? ""
      assert.deepStrictEqual(valuesOf(daemon, "RestartSec"), ["60"])
      assert.include(valuesOf(daemon, "Environment"), '"EXTRA=1"')
      assert.include(valuesOf(daemon, "SystemCallFilter"), "@pkey")
      assert.strictEqual((yield* nix.host("otherPackage")).program, (yield* nix.host("plain")).program)
    }),
  )

  it.effect.each([
    ["keyAsPath", "licenseKeyFile", "outside the Nix store"],
    ["keyInStore", "licenseKeyFile", "outside the Nix store"],
    ["relativeKey", "licenseKeyFile", "absolute path"],
    ["policyInStore", "policyFile", "outside the Nix store"],
    ["unknownOption", "licenceKeyFile", "does not exist"],
    ["notHttps", "settings.api_url", "pattern https://"],
    ["tooOften", "settings.heartbeat_seconds", "integer between 1 and 86400"],
    ["textForNumber", "settings.scan_seconds", "integer between 10 and 604800"],
    ["proxyPassword", "settings.proxy", "not of type"],
    ["noPin", "settings.pins", "pattern sha256/"],
    ["noLevel", "settings.log_level", '"warn"'],
    ["noRefresh", "settings.refresh.if_older_than_seconds", "integer between 60 and 2592000"],
    ["textForBoolean", "settings.read_only", "boolean"],
    ["relativeDirectory", "settings.state_directory", "pattern /"],
    ["functionForJson", "settings.later_key", "JSON value"],
  ] as const)("refuses %s at evaluation, naming the option %s", ([host, option, why]) =>
    Effect.gen(function* () {
      const said = yield* (yield* NixFlake).refusal(host)
      assert.include(said, `services.patchctl.${option}'`)
      assert.include(said, why)
      assert.notInclude(said, "secret@")
    }),
  )

  it.effect.each([
    ["noKey", "services.patchctl.licenseKeyFile is not set"],
    ["keyInSettings", "services.patchctl.settings.license_key would be in the Nix store"],
    ["twoProxies", "services.patchctl.proxyFile are both set"],
    ["unreadPolicy", "services.patchctl.policyFile has nobody to read it"],
  ] as const)("refuses %s with an assertion that says: %s", ([host, why]) =>
    Effect.gen(function* () {
      const { failed } = yield* (yield* NixFlake).host(host)
      assert.lengthOf(failed, 1)
      assert.include(failed[0], why)
    }),
  )
})
