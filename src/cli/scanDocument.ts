import * as Schema from "effect/Schema"
import { Coverage, Finding, isHidden, type Vulnerabilities } from "../domain/Finding.ts"
import { InstalledPackage, ManagerId, PackageFault } from "../domain/Package.ts"
import { Completeness, Scan } from "../domain/Scan.ts"

/** The same at the top of every document, whatever was scanned. */
const found = { findings: Schema.Array(Finding), coverage: Coverage }

const { vulnerabilities: _, ...scanFields } = Scan.fields

/** `patchctl scan --json`: the scan of this host. */
export const ScanDocument = Schema.Struct({ ...scanFields, ...found })

/** `patchctl scan --root --json`: what a mounted root holds. */
export const RootDocument = Schema.Struct({
  /** Absent where no vendor data can be for the system. */
  release: Schema.optionalKey(Schema.String),
  manager: ManagerId,
  packages: Schema.Array(InstalledPackage),
  faults: Schema.Array(PackageFault),
  completeness: Completeness,
  ...found,
})

/** `patchctl scan --inventory --json`. */
export const InventoryDocument = Schema.Struct({ release: Schema.String, ...found })

const nothingKnown: Vulnerabilities = {
  findings: [],
  coverage: { verdict: "no_vendor_data", detail: "nobody looked for vulnerabilities", notEvaluated: [] },
}

/** Without `all`, findings that are shown only on demand are left out. */
export const reported = (
  { findings, coverage }: Vulnerabilities = nothingKnown,
  all: boolean,
): Vulnerabilities => ({ findings: all ? findings : findings.filter((one) => !isHidden(one)), coverage })
