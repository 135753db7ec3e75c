import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import { AgentConfig, defaultConfigPath } from "../../src/config/AgentConfig.ts"
import { Environment } from "../../src/config/Environment.ts"
import { findConfig, layerFile, loadConfig } from "../../src/config/loadConfig.ts"
import * as configFileSystem from "./configFileSystem.ts"

const path = "/etc/patchctl/config.json"
const key = "pk_live_4eC39HqLyjWDarjtT1zdp7dc"
const good = `{"license_key": "${key}"}`
const root = { userId: 0, variables: {} }

const load = (
  file: configFileSystem.StoredFile | undefined,
  environment: Environment["Service"] = root,
  at = path,
) =>
  loadConfig(at, environment).pipe(
    Effect.provide(configFileSystem.layer(file === undefined ? {} : { [at]: file })),
  )

const complaint = (...args: Parameters<typeof load>) =>
  load(...args).pipe(
    Effect.flip,
    Effect.map((error) => error.message),
  )

describe("loadConfig", () => {
  it.effect("reads a file that only root can", () =>
    Effect.gen(function* () {
      const { config, warnings } = yield* load({ content: good })
      assert.strictEqual(Redacted.value(config.license_key), key)
      assert.strictEqual(config.path, path)
      assert.deepStrictEqual(warnings, [])
    }),
  )

  it.effect("refuses a file that others can read, with the command that mends it", ({ expect }) =>
    Effect.gen(function* () {
      expect(yield* complaint({ content: good, mode: 0o640 })).toMatchInlineSnapshot(
        `"/etc/patchctl/config.json: has mode 640, which lets others at the licence key; run: chmod 600 /etc/patchctl/config.json"`,
      )
      expect(
        yield* complaint({ content: good, mode: 0o666 }, root, "/srv/it's/config.json"),
      ).toMatchInlineSnapshot(
        `"/srv/it's/config.json: has mode 666, which lets others at the licence key; run: chmod 600 '/srv/it'\\''s/config.json'"`,
      )
      yield* load({ content: good, mode: 0o400 })
    }),
  )

  it.effect("refuses a file of another user, with the command that mends it", ({ expect }) =>
    Effect.gen(function* () {
      expect(yield* complaint({ content: good, owner: 1001 })).toMatchInlineSnapshot(
        `"/etc/patchctl/config.json: belongs to user 1001, who can change it; run: chown root:root /etc/patchctl/config.json"`,
      )
      expect(
        yield* complaint({ content: good, owner: 1001 }, { userId: 998, variables: {} }),
      ).toMatchInlineSnapshot(
        `"/etc/patchctl/config.json: belongs to user 1001, who can change it; run: chown 998 /etc/patchctl/config.json"`,
      )
      yield* load({ content: good, owner: 998 }, { userId: 998, variables: {} })
      yield* load({ content: good, owner: 0 }, { userId: 998, variables: {} })
    }),
  )

  it.effect("reports mode, owner and content together", ({ expect }) =>
    Effect.gen(function* () {
      const content = '{"license_key": "", "heartbeat_seconds": 0}'
      expect(yield* complaint({ content, mode: 0o644, owner: 1001 })).toMatchInlineSnapshot(`
        "/etc/patchctl/config.json: has mode 644, which lets others at the licence key; run: chmod 600 /etc/patchctl/config.json
        /etc/patchctl/config.json: belongs to user 1001, who can change it; run: chown root:root /etc/patchctl/config.json
        /etc/patchctl/config.json: license_key does not fit: it is empty text; give a licence key: pk_live_ followed by letters and digits
        /etc/patchctl/config.json: heartbeat_seconds does not fit: it is a whole number; give a whole number from 1 to 86400"
      `)
    }),
  )

  it.effect("accepts a credential from systemd, whose access list shows as mode 440", () =>
    Effect.gen(function* () {
      const at = "/run/credentials/patchctl.service/config.json"
      const service = {
        userId: 998,
        variables: { CREDENTIALS_DIRECTORY: "/run/credentials/patchctl.service" },
      }
      yield* load({ content: good, mode: 0o440 }, service, at)
      yield* load({ content: good, mode: 0o400, owner: 998 }, service, at)
      assert.include(yield* complaint({ content: good, mode: 0o444 }, service, at), "mode 444")
      assert.include(yield* complaint({ content: good, mode: 0o440 }, service), "mode 440")
    }),
  )

  it.effect("says what is wrong with a file that holds no JSON object", ({ expect }) =>
    Effect.gen(function* () {
      expect(yield* complaint(undefined)).toMatchInlineSnapshot(
        `"/etc/patchctl/config.json: does not exist; create it with {"license_key": "pk_live_…"} and mode 600, or name another file with --config"`,
      )
      expect(yield* complaint({ content: `{"license_key": "${key}",}` })).toMatchInlineSnapshot(
        `"/etc/patchctl/config.json:1:52: is not JSON from here on; a key in double quotes is missing: no comma may precede }"`,
      )
      expect(yield* complaint({ content: `["${key}"]` })).toMatchInlineSnapshot(
        `"/etc/patchctl/config.json: does not hold a JSON object; write {"license_key": "pk_live_…"}"`,
      )
      expect(yield* complaint({ content: new Uint8Array([0x7b, 0xff]) })).toMatchInlineSnapshot(
        `"/etc/patchctl/config.json: is not UTF-8 text; save it as UTF-8"`,
      )
      expect(yield* complaint({ content: good, type: "FIFO" })).toMatchInlineSnapshot(
        `"/etc/patchctl/config.json: is not a regular file; name the configuration file"`,
      )
      expect(yield* complaint({ content: " ".repeat(1_100_000) })).toMatchInlineSnapshot(
        `"/etc/patchctl/config.json: is larger than 1 MiB; name the configuration file"`,
      )
    }),
  )

  it.effect("takes a byte order mark for what it is", () => load({ content: `\u{feff}${good}` }))

  it.effect("needs no default file where the licence key comes by variable", () =>
    Effect.gen(function* () {
      const container = { userId: 0, variables: { PATCHCTL_LICENSE_KEY: key } }
      const { config } = yield* load(undefined, container)
      assert.strictEqual(Redacted.value(config.license_key), key)
      assert.include(yield* complaint(undefined, container, "/srv/typo.json"), "does not exist")
    }),
  )

  it.effect("ends the process with its own exit code", () =>
    Effect.gen(function* () {
      assert.strictEqual(Runtime.getErrorExitCode(yield* Effect.flip(load(undefined))), 78)
    }),
  )

  it.effect.prop(
    "answers any bytes with a configuration or a ConfigError",
    [Schema.Uint8Array],
    ([content]) => load({ content }).pipe(Effect.catchTag("ConfigError", () => Effect.void)),
  )

  it.effect.prop(
    "never repeats the licence key from damaged JSON",
    [
      Schema.Struct({
        secret: Schema.String.check(Schema.isPattern(/^[A-Z][0-9][A-Za-z0-9]{10,38}$/)),
        at: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
        insert: Schema.String,
      }),
    ],
    ([{ secret, at, insert }]) =>
      Effect.gen(function* () {
        const whole = `{"license_key": "pk_live_${secret}", "pk_live_${secret}": 1}`
        const cut = Math.floor(at * whole.length)
        const content = whole.slice(0, cut) + insert + whole.slice(cut)
        const said = yield* load({ content }).pipe(
          Effect.map((loaded) => String(loaded.config.license_key) + JSON.stringify(loaded.warnings)),
          Effect.catchCause((cause) => Effect.succeed(Cause.pretty(cause) + JSON.stringify(cause))),
        )
        assert.notInclude(said, secret)
      }),
    { arbitrary: { runs: 300 } },
  )

  it.effect("asks the real file system", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const { userId } = yield* Environment
      const real = `${yield* files.makeTempDirectoryScoped()}/config.json`
      yield* files.writeFileString(real, good, { mode: 0o600 })
      const { config } = yield* loadConfig(real, { userId, variables: {} })
      assert.strictEqual(config.path, real)
      yield* files.chmod(real, 0o604)
      const error = yield* Effect.flip(loadConfig(real, { userId, variables: {} }))
      assert.include(error.message, `run: chmod 600 ${real}`)
    }).pipe(Effect.provide([NodeFileSystem.layer, Environment.layer])),
  )
})

describe("findConfig", () => {
  const find = (flag: Option.Option<string>, variables: Record<string, string>) =>
    findConfig(flag).pipe(
      Effect.provideService(Environment, { userId: 0, variables }),
      Effect.provide(configFileSystem.layer({ "/run/credentials/x/config.json": { content: good } })),
    )

  it.effect("prefers the flag, then the variable, then the credential, then the default", () =>
    Effect.gen(function* () {
      const variables = { PATCHCTL_CONFIG: "/b", CREDENTIALS_DIRECTORY: "/run/credentials/x" }
      assert.strictEqual(yield* find(Option.some("/a"), variables), "/a")
      assert.strictEqual(yield* find(Option.none(), variables), "/b")
      assert.strictEqual(
        yield* find(Option.none(), { CREDENTIALS_DIRECTORY: "/run/credentials/x" }),
        "/run/credentials/x/config.json",
      )
      assert.strictEqual(
        yield* find(Option.none(), { CREDENTIALS_DIRECTORY: "/run/credentials/other" }),
        defaultConfigPath,
      )
      assert.strictEqual(yield* find(Option.none(), {}), defaultConfigPath)
    }),
  )
})

describe("layerFile", () => {
  it.effect("provides the configuration", () =>
    Effect.gen(function* () {
      const config = yield* AgentConfig
      assert.strictEqual(config.path, "/a")
    }).pipe(
      Effect.provide(
        layerFile(Option.some("/a")).pipe(
          Layer.provide([
            configFileSystem.layer({ "/a": { content: good } }),
            Layer.succeed(Environment, { userId: 0, variables: {} }),
          ]),
        ),
      ),
    ),
  )
})
