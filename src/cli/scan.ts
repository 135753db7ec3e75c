import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import { Scan } from "../domain/Scan.ts"
import { ScanHost } from "../scan/ScanHost.ts"
import { exitCodesText, Reported, scanExitCodes, usageCodes } from "./exitCodes.ts"
import { paint } from "./plainText.ts"
import { printDocument } from "./printDocument.ts"
import { withProgress } from "./progress.ts"
import { scanText } from "./scanText.ts"

const printScan = printDocument(Scan)

/** `patchctl scan`: looks at this host's packages now. Sends nothing and remembers nothing. */
export const scan = Command.make(
  "scan",
  {
    refresh: Flag.Literals("refresh", ["never", "always"]).pipe(
      Flag.withDescription("Whether to download package metadata first; always needs root"),
      Flag.withDefault("never"),
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false)),
  },
  Effect.fn("scan")(function* ({ refresh, json }) {
    const host = yield* ScanHost
    const found = yield* host.scan({ refresh }).pipe(withProgress("Scanning packages"))
    if (json) {
      yield* printScan(found)
    } else {
      const { canColor } = yield* TerminalCapabilities
      yield* Console.log(scanText(found, paint(canColor)))
    }
    if (found.completeness.verdict === "partial") return yield* new Reported({ exitCode: 2 })
  }),
).pipe(
  Command.withShortDescription("Scan this host's packages now"),
  Command.withDescription(
    `Lists the updates that are available to this host, which of them are security updates, and why the others cannot be installed. Sends nothing. Any user may ask.\n\n${exitCodesText(scanExitCodes, usageCodes)}`,
  ),
)
