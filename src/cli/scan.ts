import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import type { RefreshPolicy } from "../domain/Command.ts"
import type { Vulnerabilities } from "../domain/Finding.ts"
import type { InstalledPackage } from "../domain/Package.ts"
import { ScanHost } from "../scan/ScanHost.ts"
import { cycloneDx } from "./cycloneDx.ts"
import { CycloneDx } from "./cycloneDxSchema.ts"
import { exitCodesText, Reported, scanExitCodes, usageCodes } from "./exitCodes.ts"
import { scanInventory, scanRoot } from "./offlineScan.ts"
import { type OfflineFound, offlineText } from "./offlineText.ts"
import { paint, type Paint } from "./plainText.ts"
import { printDocument } from "./printDocument.ts"
import { withProgress } from "./progress.ts"
import { InventoryDocument, reported, RootDocument, ScanDocument } from "./scanDocument.ts"
import { type ScanTarget, scanTarget, targetFlags, WrongFlags } from "./scanTarget.ts"
import { scanText } from "./scanText.ts"

const printScan = printDocument(ScanDocument)
const printRoot = printDocument(RootDocument)
const printInventory = printDocument(InventoryDocument)
const printBom = printDocument(CycloneDx)

type Format = "text" | "json" | "cyclonedx"

/** What was found, in each form that can be asked for. */
interface Outcome {
  readonly text: (colours: Paint) => string
  readonly json: Effect.Effect<void>
  readonly packages: ReadonlyArray<InstalledPackage>
  readonly vulnerabilities: Vulnerabilities
  /** A UUID to name the bill of materials by, where the scan has one. */
  readonly serial?: string
  /** Something may have been missed. */
  readonly partial: boolean
}

const ofHost = Effect.fnUntraced(function* (refresh: RefreshPolicy, all: boolean) {
  const host = yield* ScanHost
  const { vulnerabilities, ...rest } = yield* host.scan({ refresh }).pipe(withProgress("Scanning packages"))
  const found = reported(vulnerabilities, all)
  const outcome: Outcome = {
    text: (colours) =>
      scanText({ ...rest, ...(vulnerabilities === undefined ? {} : { vulnerabilities }) }, colours, all),
    json: printScan({ ...rest, ...found }),
    packages: rest.packages,
    vulnerabilities: found,
    serial: rest.id.replace(/^scn_/, ""),
    partial: rest.completeness.verdict === "partial",
  }
  return outcome
})

const offline = (found: OfflineFound, all: boolean) => ({
  text: (colours: Paint) => offlineText(found, all, colours),
  vulnerabilities: reported(found.vulnerabilities, all),
  partial:
    found.completeness.verdict === "partial" || found.vulnerabilities.coverage.verdict === "no_vendor_data",
})

const ofInventory = Effect.fnUntraced(function* (
  target: Extract<ScanTarget, { kind: "inventory" }>,
  all: boolean,
) {
  const { release, packages, vulnerabilities } = yield* scanInventory(target)
  const found = { title: `Inventory of ${release}`, packages: packages.length, vulnerabilities, faults: [] }
  const outcome: Outcome = {
    ...offline({ ...found, completeness: { verdict: "complete" } }, all),
    json: printInventory({ release, ...reported(vulnerabilities, all) }),
    packages,
  }
  return outcome
})

const ofRoot = Effect.fnUntraced(function* (target: Extract<ScanTarget, { kind: "root" }>, all: boolean) {
  const { system, vulnerabilities, ...rest } = yield* scanRoot(target).pipe(withProgress("Reading packages"))
  const title = `Root ${target.root}, ${system}`
  const outcome: Outcome = {
    ...offline({ ...rest, title, packages: rest.packages.length, vulnerabilities }, all),
    json: printRoot({ ...rest, ...reported(vulnerabilities, all) }),
    packages: rest.packages,
  }
  return outcome
})

const print = Effect.fnUntraced(function* (outcome: Outcome, format: Format) {
  if (format === "json") return yield* outcome.json
  if (format === "text") {
    const { canColor } = yield* TerminalCapabilities
    return yield* Console.log(outcome.text(paint(canColor)))
  }
  const random = yield* SecureRandom.SecureRandom
  const { packages, vulnerabilities, serial = yield* random.uuidV4() } = outcome
  yield* printBom(cycloneDx({ serial, at: yield* DateTime.now, packages, vulnerabilities }))
})

/** `--json` is short for `--format json`. */
const formatOf = (format: Option.Option<Format>, json: boolean): Effect.Effect<Format, WrongFlags> => {
  if (!json) return Effect.succeed(Option.getOrElse(format, () => "text" as const))
  return Option.isSome(format) && format.value !== "json"
    ? Effect.fail(new WrongFlags({ detail: `--json and --format ${format.value} exclude each other` }))
    : Effect.succeed("json")
}

/** `patchctl scan`: looks at this host's packages now, or at those of another one. Sends nothing, remembers nothing. */
export const scan = Command.make(
  "scan",
  {
    refresh: Flag.Literals("refresh", ["never", "always"]).pipe(
      Flag.withDescription("Whether to download package metadata first; always needs root"),
      Flag.withDefault("never"),
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print one JSON document: --format json"),
      Flag.withDefault(false),
    ),
    format: Flag.Literals("format", ["text", "json", "cyclonedx"]).pipe(
      Flag.withDescription(
        "text, one JSON document, or a CycloneDX 1.6 bill of materials with vulnerabilities",
      ),
      Flag.optional,
    ),
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("Every finding, negligible ones and those under investigation included"),
      Flag.withDefault(false),
    ),
    ...targetFlags,
  },
  Effect.fn("scan")(function* ({ refresh, json, format, all, ...flags }) {
    const target = yield* scanTarget(flags)
    const form = yield* formatOf(format, json)
    if (target.kind !== "host" && refresh === "always") {
      return yield* new WrongFlags({ detail: `--refresh always is for this host, not for --${target.kind}` })
    }
    const outcome =
      target.kind === "host"
        ? yield* ofHost(refresh, all)
        : target.kind === "root"
          ? yield* ofRoot(target, all)
          : yield* ofInventory(target, all)
    yield* print(outcome, form)
    if (outcome.partial) return yield* new Reported({ exitCode: 2 })
  }),
).pipe(
  Command.withShortDescription("Scan this host's packages now"),
  Command.withDescription(
    `Lists the updates that are available to this host, which of them are security updates, and why the others cannot be installed; then the CVEs that its packages have, those first that are known to be exploited, and what can be done about each. With --root or --inventory it looks at another system, by feeds from a directory. Sends nothing. Any user may ask.\n\n${exitCodesText(scanExitCodes, usageCodes)}`,
  ),
)
