import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { policyPath } from "../../src/domain/Policy.ts"
import { decodePolicy, policyKeys } from "../../src/executor/decodePolicy.ts"

const example = `{
  "commands": ["check_updates", "get_package_info", "health_check", "install_updates"],
  "install_windows": [
    { "days": ["mon", "tue", "wed", "thu"], "from": "22:00", "to": "04:00" },
    { "days": ["sat"], "from": "00:00", "to": "00:00" }
  ],
  "exclude": ["postgresql-*", "linux-*"],
  "reboot_allowed": false,
  "removals_allowed": false
}`

const cell = (text: string) => text.replaceAll("|", "\\|")

const page = `# Policy

What the administrator of a host allows, whatever a signed command asks for: \`${policyPath}\`, root's own. No setting
points elsewhere, and nothing that comes from the control plane can change it. Without the file, and for each key that is
absent, everything is allowed. It is read anew for each command.

\`\`\`json
${example}
\`\`\`

## Keys

| key | what it is | value |
| --- | --- | --- |
${policyKeys.map(({ name, description, expected }) => `| \`${name}\` | ${cell(description)} | ${cell(expected)} |`).join("\n")}

A policy only narrows. What it forbids is refused with \`policy_denied\` or \`outside_window\` before anything runs; the
refusal is the command's result, and the command is not carried out later. Queue another.

- \`exclude\` is added to what the command leaves out; such packages are left out as \`excluded_by_policy\`.
- \`security_only\` refuses a command for all updates. Of named packages, those whose version is not known to be a
  security update are left out as \`not_security\`; where repositories do not say what is one (apk, pacman), that is all.
  What a security update needs comes along.
- \`reboot_allowed\` and \`removals_allowed\` refuse commands with \`reboot\` other than \`never\`, and with
  \`allow_removals\`.

## Windows

By this host's local time, as \`timedatectl\` shows it. \`to\` is not above \`from\`: the window ends on the next day. \`days\`
are those on which it begins, so that \`fri\` 22:00 to 04:00 includes the early Saturday. The same \`from\` and \`to\` are a
whole day.

A window is what the clock on the wall shows. When clocks go forward, the hour that is left out is in no window; when they
go back, an hour that comes twice is open twice.

\`install_updates\` begins only in a window, and what has not begun when it closes is left out, as with a \`deadline\`. A
package transaction that has begun is finished; a restart of the host that would come after the window is withheld. Dry
runs and the other commands may come at any time.

## A policy that cannot be used

The file must belong to root and be writable by root alone, and every key must be understood: an unknown one may be a
prohibition of a newer version, or one with a typing error. Otherwise every command but \`health_check\` is refused with
\`policy_denied\`, and the detail names the fault. \`patchctl selftest\` finds it beforehand.
`

describe("docs/reference/policy.md", () => {
  it("says what the schema says (refresh with vitest -u)", async ({ expect }) => {
    await expect(page).toMatchFileSnapshot("../../docs/reference/policy.md")
  })

  it("shows a policy that can be used", () => {
    assert.isTrue(Result.isSuccess(decodePolicy(example)))
  })
})
