import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Command from "effect/cli/Command"
import { apply } from "../../src/cli/apply.ts"
import { execute } from "../../src/cli/execute.ts"
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

/** A verb that is parsed, and does nothing. */
const unrun = <const Name extends string, Input, Context, E, R>(
  verb: Command.Command<Name, Input, Context, E, R>,
) => Command.withHandler(verb, () => Effect.void)

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

/** The command line of the agent, as `main.ts` puts it together, whose verbs do nothing. */
export const agentProgram = root([
  unrun(status),
  unrun(scan),
  unrun(selftest),
  unrun(run),
  unrun(execute(unbuiltLayers)),
  unrun(apply),
  unrun(update),
])
