import { NodeFileSystem } from "@effect/platform-node"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Command from "effect/cli/Command"
import * as TestConsole from "effect/testing/TestConsole"
import { execute } from "../../src/cli/execute.ts"
import { root } from "../../src/cli/root.ts"
import { AgentConfig } from "../../src/config/AgentConfig.ts"
import { loadConfig } from "../../src/config/loadConfig.ts"
import { Command as AgentCommand, CommandName } from "../../src/domain/Command.ts"
import { Executor } from "../../src/executor/Executor.ts"
import { decodePolicy } from "../../src/executor/decodePolicy.ts"
import { judgePolicy } from "../../src/executor/judgePolicy.ts"
import { authenticate, authorize } from "../../src/executor/verifyEnvelope.ts"
import { verifyRotation } from "../../src/executor/verifyRotation.ts"
import { Host } from "../../src/host/Host.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { HeartbeatReply } from "../../src/protocol/AgentMessages.ts"
import { Collector } from "../../src/scan/Collector.ts"
import { ScanHost } from "../../src/scan/ScanHost.ts"
import { Ledger } from "../../src/store/Ledger.ts"
import { StatusFile } from "../../src/store/StatusFile.ts"
import { Trust } from "../../src/store/Trust.ts"
import { config } from "../fakes/AgentLayers.ts"
import { idleReply } from "../fakes/agentTransport.ts"
import { anyText, manyCases } from "../fakes/anyText.ts"
import { claims, makeSigner } from "../fakes/CommandSigning.ts"

const json = JSON.stringify

/** No bug was found: it ended well, or with an error that has a name. */
const endsInOrder = <A, E>(exit: Exit.Exit<A, E>) => {
  if (Exit.isFailure(exit)) assert.isFalse(Cause.hasDies(exit.cause), Cause.pretty(exit.cause))
}

const patienceMilliseconds = 2000

/** The effect in bounded time, by what it computes: other programs may keep it waiting. */
const soon = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const started = process.threadCpuUsage()
    const exit = yield* Effect.exit(effect)
    const { user, system } = process.threadCpuUsage(started)
    assert.isBelow((user + system) / 1000, patienceMilliseconds)
    endsInOrder(exit)
    return exit
  })

const signer = await Effect.runPromise(makeSigner)
const stranger = await Effect.runPromise(makeSigner)
/** Close to a command, and not signed by a pinned key. */
const foreign = await Effect.runPromise(
  stranger.seal(claims(1, { name: "install_updates", parameters: { selection: { kind: "all" } } })),
)

const noEntry = { planned: () => Effect.die("planned"), rebooting: () => Effect.die("rebooting") }

/** An executor that would die of carrying something out. */
const signed = Layer.mergeAll(
  Layer.mock(Executor, {
    execute: (envelope) =>
      authenticate(envelope, signer.anchor).pipe(
        Effect.flatMap(() => Effect.die("a command was believed")),
        Effect.catchTag("Refusal", (refusal) =>
          Effect.succeed({
            commandId: refusal.id,
            command: refusal.command,
            status: "refused" as const,
            startedAt: DateTime.makeUnsafe(0),
            finishedAt: DateTime.makeUnsafe(0),
          }),
        ),
      ),
  }),
  Layer.mock(Trust, {
    anchor: Effect.succeedSome(signer.anchor),
    pin: () => Effect.void,
    replaceKeys: () => Effect.die("a rotation was believed"),
  }),
  Layer.mock(Ledger, { audit: () => Effect.void, entry: () => noEntry }),
)

const local = Layer.mergeAll(
  Layer.mock(Collector, {}),
  Layer.mock(Host, {}),
  Layer.mock(PackageManagers, {}),
  Layer.mock(ScanHost, {}),
  Layer.mock(StatusFile, {}),
  Layer.succeed(AgentConfig, config),
)

const runExecute = Effect.fnUntraced(function* (stdin: string) {
  const console = yield* TestConsole.make
  yield* Command.runWith(root([execute({ signed, local })]), { version: "1.2.3" })(["execute"]).pipe(
    Effect.provideService(Console.Console, console),
    Effect.provide(
      Layer.merge(NodeServices.layer, Stdio.layerTest({ stdin: Stream.make(Buffer.from(stdin, "latin1")) })),
    ),
  )
})

const install = Schema.decodeSync(AgentCommand)({
  name: "install_updates",
  parameters: { selection: { kind: "all" } },
})

const midnight = DateTime.makeZonedUnsafe(0, { timeZone: "Europe/Berlin" })

describe("whatever comes from outside", () => {
  it.effect.prop(
    "on the executor's stdin is carried out by nobody",
    [
      anyText([
        `${json({ kind: "command", envelope: foreign })}\n`,
        `${json({ kind: "pin", anchor: signer.anchor })}\n`,
        `${json({ kind: "rotate", statement: foreign })}\n`,
      ]),
    ],
    ([text]) => soon(runExecute(text)),
    manyCases,
  )

  it.effect.prop(
    "as an envelope is refused, and so is it as a rotation",
    [anyText([foreign])],
    ([text]) =>
      Effect.gen(function* () {
        assert.isTrue(Exit.isFailure(yield* soon(authenticate(text, signer.anchor))))
        assert.isTrue(Exit.isFailure(yield* soon(verifyRotation(text, signer.anchor))))
      }),
    manyCases,
  )

  it.effect.prop(
    "as signed claims is refused or a command of the whitelist",
    [anyText([json(claims(1, { name: "health_check", parameters: {} }))])],
    ([text]) =>
      Effect.gen(function* () {
        const envelope = yield* signer.sealRaw(
          { alg: "EdDSA", typ: "patchctl-command+jws", kid: signer.key.kid },
          Buffer.from(text),
        )
        const exit = yield* soon(Effect.flatMap(authenticate(envelope, signer.anchor), authorize))
        if (Exit.isSuccess(exit)) assert.include(CommandName.literals, exit.value.name)
      }),
    manyCases,
  )

  it.effect.prop(
    "as a policy is understood or a fault",
    [
      anyText([
        '{"commands": ["check_updates"], "install_windows": [{"days": ["mon"], "from": "22:00", "to": "04:00"}]}',
        '{"exclude": ["linux-*"], "security_only": true, "reboot_allowed": false, "removals_allowed": false}',
      ]),
    ],
    ([text]) =>
      soon(
        Effect.sync(() => {
          const policy = decodePolicy(text)
          const judged = judgePolicy(policy, install, midnight)
          if (Result.isFailure(policy)) assert.isTrue(Result.isFailure(judged))
        }),
      ),
    manyCases,
  )

  it.effect.prop(
    "as a configuration is understood or a fault",
    [
      anyText([
        '{"license_key": "pk_live_0123456789abcdef", "scan_seconds": 60, "pins": [], "refresh": "never"}',
      ]),
    ],
    ([text]) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const path = yield* files.makeTempFileScoped()
        yield* files.writeFile(path, Buffer.from(text, "latin1"))
        yield* files.chmod(path, 0o600)
        yield* soon(loadConfig(path, { variables: {}, userId: process.getuid?.() ?? 0 }))
      }).pipe(Effect.provide(NodeFileSystem.layer)),
    manyCases,
  )

  it.effect.prop(
    "as the answer to a heartbeat is understood or a fault",
    [anyText([json({ ...idleReply, commands: [foreign], want: ["facts"] })])],
    ([text]) => soon(Schema.decodeEffect(Schema.fromJsonString(HeartbeatReply))(text)),
    manyCases,
  )
})
