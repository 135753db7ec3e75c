import { describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { AgentConfigFile, defaultConfigPath } from "../../src/config/AgentConfig.ts"
import { configExitCode } from "../../src/config/ConfigError.ts"
import { type ConfigKey, configKeys } from "../../src/config/configKeys.ts"
import { typoDistance } from "../../src/config/unknownSettings.ts"

const { license_key: _, ...withoutLicenseKey } = AgentConfigFile.fields
const OtherSettings = Schema.Struct(withoutLicenseKey)
const defaults = new Map<string, unknown>(
  Object.entries(Schema.encodeSync(OtherSettings)(Schema.decodeSync(OtherSettings)({}))),
)

const json = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))
const cell = (text: string) => text.replaceAll("|", "\\|")

const defaultOf = ({ name }: ConfigKey) => {
  if (name === "license_key") return "required"
  return defaults.has(name) ? `\`${json(defaults.get(name))}\`` : "none"
}

const unitOf = ({ name }: ConfigKey) => (name.endsWith("_seconds") ? "seconds" : "")

const row = (key: ConfigKey) =>
  [`\`${key.name}\``, key.description, key.expected, unitOf(key), defaultOf(key), `\`${key.variable}\``]
    .map(cell)
    .join(" | ")

const page = `# Configuration

The agent reads one JSON object from \`${defaultConfigPath}\` when it starts. After an edit, restart it:
\`systemctl restart patchctl\`. \`patchctl selftest\` checks the file.

Only \`license_key\` is required:

\`\`\`json
{ "license_key": "pk_live_…" }
\`\`\`

## Which file

The first of these that is given: the flag \`--config PATH\`; the variable \`PATCHCTL_CONFIG\`; the credential
\`config.json\` that systemd hands to the service (\`LoadCredential=\`); \`${defaultConfigPath}\`.

The file holds the licence key, so it must have mode 600 or narrower and belong to root or to the user who runs
the agent. Otherwise the agent does not start and prints the command that mends it.

## Keys

| key | what it is | value | unit | default | variable |
| --- | --- | --- | --- | --- | --- |
${configKeys.map((key) => `| ${row(key)} |`).join("\n")}

## Environment variables

Each key can be set by its variable, which then beats the file. An empty variable counts as unset. Lists are
separated by commas; an object is written as JSON. Where \`PATCHCTL_LICENSE_KEY\` is set, the default file may be
missing, so that a container needs none; a file that was named with \`--config\` or \`PATCHCTL_CONFIG\` must exist.

## Errors

Everything that is wrong is reported at once, one line each: the file or variable, the key, what kind of value was
found, and what to give instead. No message ever shows a value, because it might be the licence key. The exit code
is ${configExitCode}.

A name that is at most ${typoDistance} letters away from a known key is taken for a typing error and refused, also in variables that
begin with \`PATCHCTL_\`. Any other unknown key is ignored with a warning, so that an agent that goes back to an
older version still starts.
`

describe("docs/reference/configuration.md", () => {
  it("says what the schema says (refresh with vitest -u)", async ({ expect }) => {
    await expect(page).toMatchFileSnapshot("../../docs/reference/configuration.md")
  })
})
