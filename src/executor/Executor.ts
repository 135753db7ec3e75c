import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import { AgentConfig } from "../config/AgentConfig.ts"
import type { Command, CommandResult } from "../domain/Command.ts"
import { CommandId } from "../domain/Identifiers.ts"
import { Host } from "../host/Host.ts"
import { Reboot } from "../host/Reboot.ts"
import { processIdentity } from "../host/processIdentity.ts"
import type { ReportProgress } from "../package-manager/PackageManager.ts"
import { PackageManagers } from "../package-manager/PackageManagers.ts"
import type { CommandClaims } from "../protocol/CommandEnvelope.ts"
import { ScanHost } from "../scan/ScanHost.ts"
import type { StoreError } from "../store/Database.ts"
import { Ledger } from "../store/Ledger.ts"
import { StatusFile } from "../store/StatusFile.ts"
import { Trust, type TrustError } from "../store/Trust.ts"
import { CommandJournal, type HostRestarting } from "./CommandJournal.ts"
import type { CommandOutcome } from "./CommandOutcome.ts"
import { HostPolicy } from "./HostPolicy.ts"
import { judgePolicy } from "./judgePolicy.ts"
import type { LeftBehind } from "./LeftBehind.ts"
import { perform } from "./perform.ts"
import { PlanApplier } from "./PlanApplier.ts"
import { resolveUnfinished, StillRunning } from "./resolveUnfinished.ts"
import { TransactionPace } from "./TransactionPace.ts"
import { authenticate, authorize, idOfUntrusted, Refusal, refusalOf } from "./verifyEnvelope.ts"

/** What the operations work with. */
type Means =
  | AgentConfig
  | FileSystem.FileSystem
  | Host
  | Ledger
  | LeftBehind
  | PackageManagers
  | PlanApplier
  | Reboot
  | ScanHost
  | StatusFile
  | TransactionPace

/** Plans, and questions about what is installed or already downloaded, change nothing. */
const changesHost = (command: Command): boolean => {
  switch (command.name) {
    case "check_updates":
      return command.parameters.refresh !== "never"
    case "install_updates":
      return command.parameters.dry_run !== true
    case "get_package_info":
    case "health_check":
      return false
  }
}

/**
 * The side that may change the host. It trusts nobody but the pinned command keys: it verifies, decodes, asks the
 * policy of this host, and writes to its ledger before anything runs. A command it has seen is answered with the
 * stored result.
 */
export class Executor extends Context.Service<
  Executor,
  {
    /** The one result of this envelope. Fails only when there is none yet and a later try may have it. */
    readonly execute: (
      envelope: string,
      report: ReportProgress,
    ) => Effect.Effect<CommandResult, HostRestarting | StillRunning | StoreError | TrustError>
  }
>()("patchctl/executor/Executor") {
  static readonly layer = Layer.effect(
    Executor,
    Effect.gen(function* () {
      const config = yield* AgentConfig
      const ledger = yield* Ledger
      const hostPolicy = yield* HostPolicy
      const trust = yield* Trust
      const services = yield* Effect.context<Means>()
      const self = Option.getOrElse(yield* processIdentity(process.pid), () => "unknown")
      /** What this process is carrying out: an entry of its own that is not among them was given up by an error. */
      const running = yield* Ref.make<ReadonlySet<string>>(new Set())

      const resolve = Effect.fnUntraced(function* () {
        const known = yield* Ref.get(running)
        yield* resolveUnfinished(self, ({ executor, id }) => (executor === self ? known.has(id) : undefined))
      })

      const refuse = Effect.fnUntraced(function* (refusal: Refusal, issuer: string) {
        const now = yield* DateTime.now
        const result: CommandResult = {
          commandId: refusal.id,
          command: refusal.command,
          status: "refused",
          refusal: { code: refusal.code, detail: refusal.detail },
          startedAt: now,
          finishedAt: now,
        }
        if (refusal.authentic) {
          // One that has begun, under a name that this host had then, has a result of its own to come.
          const unfinished = yield* ledger.unfinished
          if (unfinished.some(({ id }) => id === refusal.id)) yield* resolve()
          // Kept as the command's one result: what is refused today must not be carried out tomorrow.
          yield* ledger.finish(result, issuer)
          return Option.getOrElse(yield* ledger.resultOf(refusal.id), () => result)
        }
        yield* ledger.audit({
          id: refusal.id,
          name: refusal.command,
          issuer: "",
          event: "refused",
          outcome: refusal.message,
        })
        return result
      })

      /** The command as this host allows it now. */
      const admit = Effect.fnUntraced(function* (claims: CommandClaims) {
        const command = yield* authorize(claims)
        if (config.read_only && changesHost(command)) {
          return yield* refusalOf(
            claims,
            "read_only",
            "this agent may change nothing here: read_only is set in its configuration, or it runs without root and without an executor",
          )
        }
        const policy = yield* hostPolicy.read
        const now = DateTime.setZone(yield* DateTime.now, hostPolicy.zone)
        const admitted = yield* Effect.fromResult(
          Result.mapError(judgePolicy(policy, command, now), ({ code, detail }) =>
            refusalOf(claims, code, detail),
          ),
        )
        const securityOnly = Result.isSuccess(policy) && policy.success.security_only === true
        return { command: admitted, securityOnly }
      })

      /** Writes the command into the ledger, or says why it must not run. */
      const claim = Effect.fnUntraced(function* (
        claims: CommandClaims,
        name: Command["name"],
        issuer: string,
      ) {
        const begun = yield* ledger.begin({
          id: claims.jti,
          seq: claims.seq,
          audience: claims.aud,
          name,
          issuer,
          signedAt: DateTime.makeUnsafe(claims.iat * 1000),
          expiresAt: DateTime.makeUnsafe(claims.exp * 1000),
          executor: self,
        })
        switch (begun.kind) {
          case "begun":
            return
          case "busy":
            return yield* new StillRunning({ id: CommandId.make(begun.with), what: "executor" })
          case "replayed":
            return yield* refusalOf(claims, "replayed", `counter ${claims.seq} is not above ${begun.highest}`)
          case "unknown_past":
            return yield* refusalOf(
              claims,
              "replayed",
              `this host's ledger was lost, and the command was signed before ${DateTime.formatIso(begun.signedAfter)}, so it may have been carried out`,
            )
          case "expired":
            return yield* refusalOf(
              claims,
              "expired",
              `the command had expired by ${DateTime.formatIso(begun.latest)}, which this host's clock has already shown: it was set back`,
            )
        }
      })

      const run = Effect.fnUntraced(function* (
        id: CommandId,
        { command, securityOnly }: Effect.Success<ReturnType<typeof admit>>,
        issuer: string,
        report: ReportProgress,
      ) {
        const startedAt = yield* DateTime.now
        const resultOf = (outcome: CommandOutcome): Effect.Effect<CommandResult> =>
          Effect.map(DateTime.now, (finishedAt) => ({
            commandId: id,
            command: command.name,
            startedAt,
            finishedAt,
            ...outcome,
          }))
        const entry = ledger.entry(id)
        const journal = CommandJournal.of({
          planned: entry.planned,
          rebooting: Effect.fnUntraced(function* ({ bootId, outcome }) {
            yield* entry.rebooting({ bootId, result: yield* resultOf(outcome) })
          }),
        })
        const outcome = yield* perform(command, {
          quietPeriodSeconds: config.quiet_period_seconds,
          securityOnly,
          report,
        }).pipe(
          Effect.provideService(CommandJournal, journal),
          Effect.catchTag("HostUnreadable", (error) =>
            Effect.succeed<CommandOutcome>({
              status: "failed",
              problem: { code: "host_unreadable", detail: error.message },
            }),
          ),
        )
        const result = yield* resultOf(outcome)
        yield* ledger.finish(result, issuer)
        return result
      })

      const execute = Effect.fn("Executor.execute")(function* (envelope: string, report: ReportProgress) {
        const anchor = yield* trust.anchor
        if (Option.isNone(anchor)) {
          const refusal = new Refusal({
            id: idOfUntrusted(envelope),
            authentic: false,
            command: "unknown",
            code: "bad_signature",
            detail: "this host is not enrolled and has no pinned command key",
          })
          return yield* refuse(refusal, "")
        }
        const { issuer } = anchor.value

        return yield* Effect.gen(function* () {
          const claims = yield* authenticate(envelope, anchor.value)
          const known = yield* ledger.resultOf(claims.jti)
          if (Option.isSome(known)) return known.value
          yield* resolve()
          const resolved = yield* ledger.resultOf(claims.jti)
          if (Option.isSome(resolved)) return resolved.value

          const admitted = yield* admit(claims)
          yield* claim(claims, admitted.command.name, issuer)
          yield* Ref.update(running, (ids) => new Set(ids).add(claims.jti))
          return yield* run(claims.jti, admitted, issuer, report).pipe(
            Effect.ensuring(
              Ref.update(running, (ids) => new Set([...ids].filter((id) => id !== claims.jti))),
            ),
          )
        }).pipe(Effect.catchTag("Refusal", (refusal) => refuse(refusal, issuer)))
      }, Effect.provideContext(services))

      return Executor.of({ execute })
    }),
  )
}
