import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Command from "effect/cli/Command"
import { apply } from "../../src/cli/apply.ts"
import { execute } from "../../src/cli/execute.ts"
import {
  configCodes,
  type ExitCodes,
  scanExitCodes,
  selftestExitCodes,
  statusExitCodes,
  updateExitCodes,
  usageCodes,
} from "../../src/cli/exitCodes.ts"
import { root } from "../../src/cli/root.ts"
import { run } from "../../src/cli/run.ts"
import { scan } from "../../src/cli/scan.ts"
import { selftest } from "../../src/cli/selftest.ts"
import { status } from "../../src/cli/status.ts"
import { update } from "../../src/cli/update.ts"
import { AgentConfig } from "../../src/config/AgentConfig.ts"
import { Executor } from "../../src/executor/Executor.ts"
import { Host } from "../../src/host/Host.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { Collector } from "../../src/scan/Collector.ts"
import { ScanHost } from "../../src/scan/ScanHost.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { StatusFile } from "../../src/store/StatusFile.ts"
import { Trust } from "../../src/store/Trust.ts"
import { runCommand } from "../cli/runVerb.ts"

/** Asking for help runs no verb, so none needs its services. */
const unrun = <const Name extends string, Input, Context, E, R>(
  verb: Command.Command<Name, Input, Context, E, R>,
) => Command.withHandler(verb, () => Effect.die("a verb was run"))

const unbuilt = Effect.die("a verb was run")

const unbuiltLayers = {
  signed: Layer.mergeAll(
    Layer.effect(Executor, unbuilt),
    Layer.effect(Ledger, unbuilt),
    Layer.effect(Trust, unbuilt),
  ),
  local: Layer.mergeAll(
    Layer.effect(AgentConfig, unbuilt),
    Layer.effect(Collector, unbuilt),
    Layer.effect(Host, unbuilt),
    Layer.effect(PackageManagers, unbuilt),
    Layer.effect(ScanHost, unbuilt),
    Layer.effect(StatusFile, unbuilt),
  ),
}

const patchctl = root([
  unrun(status),
  unrun(scan),
  unrun(selftest),
  unrun(run),
  unrun(execute(unbuiltLayers)),
  unrun(apply),
  unrun(update),
])

const section = Effect.fnUntraced(function* (title: string, args: ReadonlyArray<string>) {
  const { stdout } = yield* runCommand(patchctl, [...args, "--help"])
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
