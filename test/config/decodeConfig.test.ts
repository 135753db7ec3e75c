import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { distance } from "fastest-levenshtein"
import { AgentConfigFile } from "../../src/config/AgentConfig.ts"
import { problemLine } from "../../src/config/ConfigError.ts"
import { configKeys } from "../../src/config/configKeys.ts"
import { decodeConfig, type RawObject } from "../../src/config/decodeConfig.ts"
import { typoDistance } from "../../src/config/unknownSettings.ts"

const path = "/etc/patchctl/config.json"
const key = "pk_live_4eC39HqLyjWDarjtT1zdp7dc"
const stringify = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

const decode = (file: RawObject, variables: Record<string, string> = {}) =>
  decodeConfig(path, file, variables)

const config = (file: RawObject, variables: Record<string, string> = {}) =>
  Result.getOrThrowWith(decode(file, variables).result, (problems) => problems.map(problemLine))

const problems = (file: RawObject, variables: Record<string, string> = {}) =>
  Result.match(decode(file, variables).result, {
    onFailure: (found) => found.map(problemLine),
    onSuccess: () => [],
  })

describe("decodeConfig", () => {
  it("needs only the licence key and strips white space around it", () => {
    const decoded = config({ license_key: ` ${key}\n` })
    assert.strictEqual(Redacted.value(decoded.license_key), key)
    assert.strictEqual(decoded.heartbeat_seconds, 300)
    assert.strictEqual(decoded.scan_seconds, 21_600)
    assert.strictEqual(decoded.api_url, "https://api.patchctl.com")
    assert.isFalse("ca_file" in decoded)
  })

  it("never shows the licence key or the proxy's password when the configuration is printed", () => {
    const decoded = config({ license_key: key, proxy: "http://me:s3cret@proxy:3128" })
    assert.notInclude(String(decoded.license_key) + stringify(decoded), key)
    assert.notInclude(String(decoded.proxy) + stringify(decoded), "s3cret")
  })

  it("reports every problem at once, each with key, kind of value and remedy", ({ expect }) => {
    expect(
      problems({
        license_key: 4711,
        api_url: "http://api.patchctl.com",
        heartbeat_seconds: "300",
        scan_seconds: 5,
        quiet_period_seconds: 1.5,
        pins: ["sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "", null],
        proxy: [],
        log_level: "verbose",
        refresh: { if_older_than: 5 },
        read_only: "yes",
        state_directory: null,
      }).join("\n"),
    ).toMatchInlineSnapshot(`
      "/etc/patchctl/config.json: license_key does not fit: it is a whole number; give a licence key: pk_live_ followed by letters and digits
      /etc/patchctl/config.json: api_url does not fit: it is text; give an https:// address without user or query
      /etc/patchctl/config.json: heartbeat_seconds does not fit: it is text; give a whole number from 1 to 86400
      /etc/patchctl/config.json: scan_seconds does not fit: it is a whole number; give a whole number from 10 to 604800
      /etc/patchctl/config.json: pins[1] does not fit: it is empty text; give a list of pins, each sha256/ and 44 characters of base64
      /etc/patchctl/config.json: pins[2] does not fit: it is null; give a list of pins, each sha256/ and 44 characters of base64
      /etc/patchctl/config.json: proxy does not fit: it is a list; give http://host:port or https://host:port, with user:password@ where it asks for them
      /etc/patchctl/config.json: log_level does not fit: it is text; give trace, debug, info, warn or error
      /etc/patchctl/config.json: refresh does not fit: it is an object; give never, always, or {"if_older_than_seconds": a whole number from 60 to 2592000}
      /etc/patchctl/config.json: state_directory does not fit: it is null; give an absolute path
      /etc/patchctl/config.json: quiet_period_seconds does not fit: it is a fraction; give a whole number from 0 to 3600
      /etc/patchctl/config.json: read_only does not fit: it is text; give true or false"
    `)
  })

  it("names a missing licence key", ({ expect }) => {
    expect(problems({})).toMatchInlineSnapshot(`
      [
        "/etc/patchctl/config.json: license_key is missing; add a licence key: pk_live_ followed by letters and digits",
      ]
    `)
  })

  it("lets a variable beat the file, whatever the kind of value", () => {
    const decoded = config(
      { license_key: "nonsense", heartbeat_seconds: "nonsense", pins: "nonsense" },
      {
        PATCHCTL_LICENSE_KEY: `${key}\n`,
        PATCHCTL_HEARTBEAT_SECONDS: " 60 ",
        PATCHCTL_READ_ONLY: "true",
        PATCHCTL_NO_PROXY: "localhost, 10.0.0.1 ,",
        PATCHCTL_PINS: "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        PATCHCTL_REFRESH: '{"if_older_than_seconds": 3600}',
      },
    )
    assert.strictEqual(Redacted.value(decoded.license_key), key)
    assert.strictEqual(decoded.heartbeat_seconds, 60)
    assert.isTrue(decoded.read_only)
    assert.deepStrictEqual(decoded.no_proxy, ["localhost", "10.0.0.1"])
    assert.lengthOf(decoded.pins, 1)
    assert.deepStrictEqual(decoded.refresh, { if_older_than_seconds: 3600 })
    assert.strictEqual(config({ license_key: key }, { PATCHCTL_REFRESH: "never" }).refresh, "never")
  })

  it("treats an empty variable as unset", () => {
    assert.strictEqual(
      config({ license_key: key, log_level: "warn" }, { PATCHCTL_LOG_LEVEL: "" }).log_level,
      "warn",
    )
  })

  it("names the variable, not the file, when the variable is wrong", ({ expect }) => {
    expect(
      problems(
        { license_key: key },
        { PATCHCTL_SCAN_SECONDS: "6h", PATCHCTL_REFRESH: "{oops", PATCHCTL_READ_ONLY: "1" },
      ),
    ).toMatchInlineSnapshot(`
      [
        "PATCHCTL_SCAN_SECONDS: scan_seconds does not fit: it is text; give a whole number from 10 to 604800",
        "PATCHCTL_REFRESH: refresh does not fit: it is text; give never, always, or {"if_older_than_seconds": a whole number from 60 to 2592000}",
        "PATCHCTL_READ_ONLY: read_only does not fit: it is text; give true or false",
      ]
    `)
  })

  it("refuses a typing error in a name and only warns of a name from another version", ({ expect }) => {
    const decoded = decode(
      { license_key: key, pin: [], licence_key: "x", maintenance_window: "sunday", frobnicate: 1 },
      { PATCHCTL_HEARTBEAT_SECOND: "60", PATCHCTL_SERVICE_HOST: "10.0.0.1", PATCHCTL_CONFIG: "/x" },
    )
    expect(Result.getOrElse(Result.flip(decoded.result), () => []).map(problemLine)).toMatchInlineSnapshot(`
      [
        "/etc/patchctl/config.json: pin is not a setting; did you mean pins?",
        "/etc/patchctl/config.json: licence_key is not a setting; did you mean license_key?",
        "environment: PATCHCTL_HEARTBEAT_SECOND is not a setting; did you mean PATCHCTL_HEARTBEAT_SECONDS?",
      ]
    `)
    expect(decoded.warnings.map(problemLine)).toMatchInlineSnapshot(`
      [
        "/etc/patchctl/config.json: maintenance_window is not a setting of this version and is ignored; remove it, unless a newer version needs it",
        "/etc/patchctl/config.json: frobnicate is not a setting of this version and is ignored; remove it, unless a newer version needs it",
      ]
    `)
    assert.isTrue(Result.isSuccess(decode({ license_key: key, maintenance_window: "sunday" }).result))
  })

  it("has no two settings so alike that one could pass for a typing error of the other", () => {
    const names = configKeys.map((known) => known.name)
    for (const name of names) {
      for (const other of names) {
        if (name !== other) assert.isAbove(distance(name, other), typoDistance, `${name} ${other}`)
      }
    }
  })

  it("describes every setting", () => {
    assert.deepStrictEqual(
      configKeys.map((known) => known.name),
      Object.keys(AgentConfigFile.fields),
    )
    for (const known of configKeys) {
      assert.isNotEmpty(known.description, known.name)
      assert.notStrictEqual(known.expected, "another value", known.name)
    }
  })

  it.prop("answers any object without throwing", [Schema.Record(Schema.String, Schema.Json)], ([file]) => {
    decode(file)
  })

  it.prop(
    "answers any values of the known keys without throwing and without repeating them",
    [
      Schema.Record(
        Schema.Literals(configKeys.map((known) => known.name)),
        Schema.Literals([key, ` ${key} x`]),
      ),
    ],
    ([file]) => {
      assert.notInclude(problems(file).join("\n"), key)
    },
  )

  it.prop(
    "never repeats the licence key, wherever it was put",
    [
      Schema.Struct({
        secret: Schema.String.check(Schema.isPattern(/^[A-Z][0-9][A-Za-z0-9]{10,38}$/)),
        prefix: Schema.Literals(["pk_live_", "pk_liv_", "PK_LIVE_", "pk_live_ ", "", "license_key", "pins_"]),
        place: Schema.Literals(["value", "name", "list", "object", "variable", "variable name"]),
        setting: Schema.Literals(configKeys.map((known) => known.name)),
      }),
    ],
    ([{ secret, prefix, place, setting }]) => {
      const pasted = prefix + secret
      const variable = `PATCHCTL_${setting.toUpperCase()}`
      const documents: Record<typeof place, [RawObject, Record<string, string>]> = {
        value: [{ [setting]: pasted }, {}],
        name: [{ [pasted]: true }, {}],
        list: [{ [setting]: [pasted, { [pasted]: pasted }] }, {}],
        object: [{ [setting]: { [pasted]: pasted } }, {}],
        variable: [{}, { [variable]: pasted }],
        "variable name": [{}, { [`PATCHCTL_${pasted}`]: pasted }],
      }
      const [file, variables] = documents[place]
      const decoded = decode(file, variables)
      const said = [...Result.getOrElse(Result.flip(decoded.result), () => []), ...decoded.warnings].map(
        problemLine,
      )
      assert.notInclude(said.join("\n"), secret)
    },
    { arbitrary: { runs: 1000 } },
  )
})
