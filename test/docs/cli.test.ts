import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  configCodes,
  type ExitCodes,
  scanExitCodes,
  selftestExitCodes,
  statusExitCodes,
  updateExitCodes,
  usageCodes,
} from "../../src/cli/exitCodes.ts"
import { runCommand } from "../cli/runVerb.ts"
import { agentProgram } from "./agentProgram.ts"

const section = Effect.fnUntraced(function* (title: string, args: ReadonlyArray<string>) {
  const { stdout } = yield* runCommand(agentProgram, [...args, "--help"])
  return `## ${title}\n\n\`\`\`text\n${stdout}\n\`\`\`\n`
})

const codes = (title: string, meanings: ExitCodes) =>
  Object.entries(meanings).map(([code, meaning]) => `| ${title} | ${code} | ${meaning} |`)

const exitCodes = [
  "## Exit codes",
  "",
  "| verb | code | meaning |",
  "| --- | --- | --- |",
  ...codes("status", statusExitCodes),
  ...codes("scan", scanExitCodes),
  ...codes("selftest", selftestExitCodes),
  ...codes("update", updateExitCodes),
  ...codes("run", configCodes),
  ...codes("all", usageCodes),
].join("\n")

const introduction = `# Command line

\`patchctl\` and \`patchctl-agent\` are the same program. Results go to stdout, everything else to stderr; with \`--json\`
stdout is exactly one JSON document. Colours and progress appear on a terminal only; \`NO_COLOR\` switches colours off.
`

describe("docs/reference/cli.md", () => {
  it.effect("says what --help says (refresh with vitest -u)", ({ expect }) =>
    Effect.gen(function* () {
      const sections = [
        yield* section("patchctl", []),
        yield* section("patchctl status", ["status"]),
        yield* section("patchctl scan", ["scan"]),
        yield* section("patchctl selftest", ["selftest"]),
        yield* section("patchctl-agent run", ["run"]),
        yield* section("patchctl-agent execute", ["execute"]),
        yield* section("patchctl-agent apply", ["apply"]),
        yield* section("patchctl-agent update", ["update"]),
      ]
      const page = [introduction, ...sections, `${exitCodes}\n`].join("\n")
      yield* Effect.promise(() => expect(page).toMatchFileSnapshot("../../docs/reference/cli.md"))
    }),
  )
})
