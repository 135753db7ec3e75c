import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { AgentConfig } from "../config/AgentConfig.ts"
import type { Command, CommandResult } from "../domain/Command.ts"
import { CommandId } from "../domain/Identifiers.ts"
import { Host, type HostUnreadable } from "../host/Host.ts"
import { isAlive, processIdentity } from "../host/processIdentity.ts"
import type { ReportProgress } from "../package-manager/PackageManager.ts"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import { ScanHost } from "../scan/ScanHost.ts"
import type { StoreError } from "../store/Database.ts"
import { Ledger } from "../store/Ledger.ts"
import { StatusFile } from "../store/StatusFile.ts"
import { Trust, type TrustError } from "../store/Trust.ts"
import type { CommandOutcome } from "./CommandOutcome.ts"
import { checkUpdates } from "./checkUpdates.ts"
import { getPackageInfo } from "./getPackageInfo.ts"
import { healthCheck } from "./healthCheck.ts"
import { installUpdates } from "./installUpdates.ts"
import { authenticate, authorize, idOfUntrusted, Refusal } from "./verifyEnvelope.ts"

/**
 * A command is with another executor, which still lives: the daemon was restarted in the middle of it. A refusal
 * would be taken for the result of the one that was asked for, this or another, so there is none: it waits its turn.
 */
export class StillRunning extends Schema.TaggedError<StillRunning>()("StillRunning", { id: CommandId }) {
  override get message() {
    return `${this.id} is still being carried out by an executor that an earlier run of the agent started; commands wait for it`
  }
}

/** What the operations work with. */
type Means = AgentConfig | FileSystem.FileSystem | Host | PackageManagers | ScanHost | StatusFile

/**
 * The side that may change the host. It trusts nobody but the pinned command keys: it verifies, decodes, and
 * writes to its ledger before anything runs. A command it has seen is answered with the stored result.
 */
export class Executor extends Context.Service<
  Executor,
  {
    /** The one result of this envelope. Fails only when nothing was run and a later try may succeed. */
    readonly execute: (
      envelope: string,
      report: ReportProgress,
    ) => Effect.Effect<CommandResult, StillRunning | StoreError | TrustError>
  }
>()("patchctl/executor/Executor") {
  static readonly layer = Layer.effect(
    Executor,
    Effect.gen(function* () {
      const config = yield* AgentConfig
      const ledger = yield* Ledger
      const trust = yield* Trust
      const services = yield* Effect.context<Means>()
      const self = yield* processIdentity(process.pid)

      const perform = (
        command: Command,
        report: ReportProgress,
      ): Effect.Effect<CommandOutcome, HostUnreadable, Means> => {
        switch (command.name) {
          case "check_updates":
            return checkUpdates(command.parameters)
          case "install_updates":
            return installUpdates(command.parameters, config.quiet_period_seconds, report)
          case "get_package_info":
            return getPackageInfo(command.parameters)
          case "health_check":
            return healthCheck()
        }
      }

      /** What a dead executor left unfinished gets its final state before anything new begins. */
      const resolveUnfinished = Effect.gen(function* () {
        for (const left of yield* ledger.unfinished) {
          if (yield* isAlive(left.executor)) continue
          yield* ledger.finish({
            commandId: CommandId.make(left.id),
            command: left.name,
            status: "interrupted",
            problem: {
              code: "interrupted",
              detail:
                "the executor ended in the middle of this command: the host crashed, restarted, or killed it",
              remedy: "run health_check, then queue the command again if it is still wanted",
            },
            startedAt: left.startedAt,
            finishedAt: yield* DateTime.now,
          })
          yield* ledger.audit({
            id: left.id,
            name: left.name,
            issuer: "",
            event: "finished",
            outcome: "interrupted",
          })
        }
      })

      const refusedResult = Effect.fnUntraced(function* (refusal: Refusal, issuer: string) {
        const now = yield* DateTime.now
        yield* ledger.audit({
          id: refusal.id,
          name: refusal.command,
          issuer,
          event: "refused",
          outcome: refusal.message,
        })
        const result: CommandResult = {
          commandId: refusal.id,
          command: refusal.command,
          status: "refused",
          refusal: { code: refusal.code, detail: refusal.detail },
          startedAt: now,
          finishedAt: now,
        }
        return result
      })

      const run = Effect.fnUntraced(function* (id: CommandId, command: Command, report: ReportProgress) {
        const startedAt = yield* DateTime.now
        const outcome = yield* perform(command, report).pipe(
          Effect.catchTag("HostUnreadable", (error) =>
            Effect.succeed<CommandOutcome>({
              status: "failed",
              problem: { code: "host_unreadable", detail: error.message },
            }),
          ),
        )
        const result: CommandResult = {
          commandId: id,
          command: command.name,
          startedAt,
          finishedAt: yield* DateTime.now,
          ...outcome,
        }
        yield* ledger.finish(result)
        return result
      })

      const execute = Effect.fn("Executor.execute")(function* (envelope: string, report: ReportProgress) {
        yield* resolveUnfinished
        const anchor = yield* trust.anchor
        if (Option.isNone(anchor)) {
          const refusal = new Refusal({
            id: idOfUntrusted(envelope),
            command: "unknown",
            code: "bad_signature",
            detail: "this host is not enrolled and has no pinned command key",
          })
          return yield* refusedResult(refusal, "")
        }
        const { issuer } = anchor.value

        return yield* Effect.gen(function* () {
          const claims = yield* authenticate(envelope, anchor.value)
          const known = yield* ledger.resultOf(claims.jti)
          if (Option.isSome(known)) return known.value
          const unfinished = yield* ledger.unfinished
          if (unfinished.some(({ id }) => id === claims.jti))
            return yield* new StillRunning({ id: claims.jti })

          const command = yield* authorize(claims)
          const refuse = (code: Refusal["code"], detail: string) =>
            new Refusal({ id: claims.jti, command: command.name, code, detail })
          if (config.read_only && command.name !== "health_check" && command.name !== "get_package_info") {
            return yield* refuse("read_only", "read_only is set in this host's configuration")
          }
          if (command.name === "install_updates" && (command.parameters.reboot ?? "never") !== "never") {
            return yield* refuse(
              "policy_denied",
              "this version of the agent does not restart hosts: use reboot never",
            )
          }
          const begun = yield* ledger.begin({
            id: claims.jti,
            seq: claims.seq,
            name: command.name,
            executor: Option.getOrElse(self, () => "unknown"),
          })
          if (begun.kind === "replayed") {
            return yield* refuse("replayed", `counter ${claims.seq} is not above ${begun.highest}`)
          }
          if (begun.kind === "busy") return yield* new StillRunning({ id: CommandId.make(begun.with.id) })
          yield* ledger.audit({ id: claims.jti, name: command.name, issuer, event: "started", outcome: "" })
          const result = yield* run(claims.jti, command, report)
          yield* ledger.audit({
            id: claims.jti,
            name: command.name,
            issuer,
            event: "finished",
            outcome: result.status,
          })
          return result
        }).pipe(Effect.catchTag("Refusal", (refusal) => refusedResult(refusal, issuer)))
      }, Effect.provideContext(services))

      return Executor.of({ execute })
    }),
  )
}
