import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PartialReason } from "../../domain/Scan.ts"
import { lastWords } from "../outputText.ts"
import type { ManagerError } from "../PackageManager.ts"
import { cutShort, notUnderstood } from "../partialReasons.ts"
import { parseAdvisoryDocuments, parseAdvisoryLists, type Advisory } from "./dnfAdvisories.ts"
import { advisoryCves, advisoryList } from "./dnfCommands.ts"
import type { DnfDialect, DnfReadDependencies } from "./dnfDialect.ts"
import { ask } from "./dnfRead.ts"

export interface CollectedAdvisories {
  /** Absent when dnf could not tell; then nothing is known about security. */
  readonly advisories?: ReadonlyArray<Advisory>
  readonly reasons: ReadonlyArray<PartialReason>
}

const failed = (detail: string): CollectedAdvisories => ({
  reasons: [{ manager: "dnf", code: "collector_failed", detail: `advisories are not known: ${detail}` }],
})

/** All advisories that concern this host, hidden packages included. A failure costs the updates nothing but these. */
export const collectAdvisories = Effect.fnUntraced(function* (
  dependencies: DnfReadDependencies,
  dialect: DnfDialect,
): Effect.fn.Return<CollectedAdvisories, ManagerError> {
  const list = yield* ask(dependencies, dialect, "updates", advisoryList(dialect))
  if (list.exitCode !== 0) return failed(lastWords(list))
  const cves = yield* ask(dependencies, dialect, "updates", advisoryCves(dialect))
  if (cves.exitCode !== 0) return failed(lastWords(cves))
  const cut = cutShort("dnf", "the advisories", list.truncated || cves.truncated)
  if (dialect.kind !== "dnf5") {
    const parsed = parseAdvisoryLists(list.stdout, cves.stdout)
    return {
      advisories: parsed.advisories,
      reasons: [...notUnderstood("dnf", "updateinfo list", parsed.notUnderstood), ...cut],
    }
  }
  const parsed = Option.getOrUndefined(parseAdvisoryDocuments(list.stdout, cves.stdout))
  if (parsed === undefined) {
    return cut.length > 0 ? { reasons: cut } : failed("advisory --json is not the document that was expected")
  }
  return {
    advisories: parsed.advisories,
    reasons: notUnderstood("dnf", "advisory list", parsed.notUnderstood),
  }
})
