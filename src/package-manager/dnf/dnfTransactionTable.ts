import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Architecture, PackageName, PackageVersion } from "../../domain/Package.ts"
import { outputLines } from "../outputLines.ts"
import { plainText } from "../outputText.ts"
import { normalVersion } from "../rpm/nevra.ts"

/** One package of a transaction. */
export interface TableRow {
  readonly name: PackageName
  readonly architecture: Architecture
  /** `[epoch:]version-release`, without an epoch of 0. */
  readonly version: PackageVersion
}

export interface TransactionTable {
  /** What comes: upgrades, new dependencies (weak ones too), and kernels beside the ones that are there. */
  readonly installs: ReadonlyArray<
    TableRow & { readonly action: "install" | "upgrade" | "downgrade" | "reinstall" }
  >
  /** What goes. `replacedBy` names the package of `installs` that obsoletes it. */
  readonly removals: ReadonlyArray<TableRow & { readonly replacedBy?: PackageName }>
  /** Newer versions that were left out because they cannot be installed. */
  readonly skipped: ReadonlyArray<TableRow & { readonly because: "conflict" | "dependencies" }>
  /** Lines of the table, and figures of its summary, that are not understood. A plan must have none. */
  readonly notUnderstood: number
}

type Action = TransactionTable["installs"][number]["action"]
type Section = Action | "remove" | "conflict" | "dependencies" | "no packages"

/** Headlines of yum 3, dnf 4 (`output.py`) and dnf5 (`transaction_table.cpp`), which print them untranslated under C. */
const sections: ReadonlyArray<readonly [RegExp, Section]> = [
  [/^Installing(?: (?:for )?(?:weak )?dependencies| group(?:\/module)? packages)?:$/, "install"],
  [/^Installing for group (?:install|upgrade) ".*":$/, "install"],
  [/^(?:Upgrading|Updating(?: for dependencies)?):$/, "upgrade"],
  [/^Downgrading:$/, "downgrade"],
  [/^Reinstalling:$/, "reinstall"],
  [/^Removing(?: dependent packages| unused dependencies| for dependencies)?:$/, "remove"],
  [/^Skipping packages with conflicts:$/, "conflict"],
  [/^Skipping packages with broken dependencies.*:$/, "dependencies"],
  [/^Skipped \(dependency problems\):$/, "dependencies"],
  // Streams, profiles and groups have rows that are no packages; a changed reason changes no file.
  [
    /^(?:Installing|Upgrading|Removing|Enabling|Disabling|Switching|Resetting|Changing reason)\b.*\b(?:modules?|module streams|module profiles|groups?|Groups|groups dependencies|environments?|reason(?: of installed groups)?):$/,
    "no packages",
  ],
]

/** Verbs of the summary: of yum 3 and dnf 4, and of dnf5. */
const verbs: ReadonlyMap<string, Section> = new Map([
  ["Install", "install"],
  ["Installing", "install"],
  ["Upgrade", "upgrade"],
  ["Upgrading", "upgrade"],
  ["Remove", "remove"],
  ["Removing", "remove"],
  ["Downgrade", "downgrade"],
  ["Downgrading", "downgrade"],
])

const decodeRow = Schema.decodeUnknownOption(
  Schema.Struct({ name: PackageName, architecture: Architecture, version: PackageVersion }),
)

const rowOf = (name = "", architecture = "", version = ""): TableRow | undefined =>
  Option.getOrUndefined(decodeRow({ name, architecture, version: normalVersion(version) }))

/** A size as the last column: `5.5 k`, `292 k`, `0`, dnf5's `64.0 MiB` and `0.0   B`. */
const endsWithSize = (words: ReadonlyArray<string>) =>
  / (?:\d+(?:\.\d+)?)(?: (?:[kMGTPEZY]|[KMGTPE]iB|B))?$/.test(words.join(" "))

/** `NAME ARCH VERSION REPOSITORY SIZE`; dnf5 leaves the repository empty where it does not know it. */
const packageRow = (words: ReadonlyArray<string>): TableRow | undefined =>
  words.length >= 4 && words.length <= 6 && endsWithSize(words)
    ? rowOf(words[0], words[1], words[2])
    : undefined

/** dnf 4 and yum: `NAME.ARCH VERSION`; dnf5: the columns of a package. */
const replacedRow = (words: ReadonlyArray<string>): TableRow | undefined => {
  const [first = "", version = ""] = words
  const dot = first.lastIndexOf(".")
  return words.length === 2 ? rowOf(first.slice(0, dot), first.slice(dot + 1), version) : packageRow(words)
}

/** Counts of the summary: `Install  4 Packages`, yum's `(+3 Dependent packages)`, dnf5's ` Installing:   4 packages`. */
const summaryOf = (lines: Iterable<string>) => {
  const counts = new Map<Section, number>()
  for (const line of lines) {
    const [, verb = "", count, dependent] =
      /^ ?([A-Z][a-z]+):? +(?:(\d+) [Pp]ackage(?:s|\(s\))?)? *(?:\(\+? *(\d+) Dependent packages?\))?$/.exec(
        line,
      ) ?? []
    const section = verbs.get(verb)
    if (section !== undefined) counts.set(section, Number(count ?? 0) + Number(dependent ?? 0))
  }
  return counts
}

class Reader {
  readonly installs: Array<TransactionTable["installs"][number]> = []
  readonly removals: Array<TransactionTable["removals"][number]> = []
  readonly skipped: Array<TransactionTable["skipped"][number]> = []
  notUnderstood = 0
  private section: Section | undefined
  /** The words of a row that goes on in the next line, because a name or a version is wider than its column. */
  private begun: ReadonlyArray<string> = []

  line(line: string): void {
    if (line.trim() === "") return
    const words = line.trim().split(/\s+/)
    if (!line.startsWith(" ")) return this.headline(line)
    if (this.section === "no packages") return
    if (words[0] === "replacing") return this.replaced(words.slice(1))
    if (!line.startsWith("  ")) this.end()
    this.begun = [...this.begun, ...words]
    const row = packageRow(this.begun)
    if (row === undefined) return
    this.begun = []
    this.add(row)
  }

  /** What was begun is complete now, or not understood. */
  end(): void {
    if (this.begun.length > 0) this.notUnderstood += 1
    this.begun = []
  }

  private headline(line: string): void {
    this.end()
    // dnf 4 puts its advice between a headline and its rows.
    if (line.startsWith("(add '") && this.section === "conflict") return
    this.section = sections.find(([pattern]) => pattern.test(line))?.[1]
    if (this.section === undefined) this.notUnderstood += 1
  }

  private add(row: TableRow): void {
    const { section } = this
    if (section === undefined || section === "no packages") this.notUnderstood += 1
    else if (section === "remove") this.removals.push(row)
    else if (section === "conflict" || section === "dependencies")
      this.skipped.push({ ...row, because: section })
    else this.installs.push({ ...row, action: section })
  }

  /** dnf5 also lists the older version of the package itself. */
  private replaced(words: ReadonlyArray<string>): void {
    const row = replacedRow(words)
    const replacedBy = this.installs.at(-1)?.name
    if (row === undefined || replacedBy === undefined) this.notUnderstood += 1
    else if (row.name !== replacedBy) this.removals.push({ ...row, replacedBy })
  }
}

const isTableHead = (line: string) => /^ ?Package +Arch(?:itecture)? +Version\b/.test(line)
const isRule = (line: string) => /^={20,}$/.test(line)

/**
 * Reads the table that dnf 4, dnf5 and yum 3 print before they ask. Not `--quiet`: dnf 4 leaves it out then. None of
 * them has a machine format for it that downloads nothing: dnf5's `--store` fetches every package, and the programming
 * interface of each generation is another one, and needs an interpreter.
 *
 * In a pipe dnf 4 and dnf5 make their columns as wide as it takes; yum 3 and dnf 4 before 4.2 keep to 80 columns and
 * go on in the next line after a word that is too long. The figures of the summary must agree with the rows. What comes
 * before the table is chatter of plugins; without a table there is nothing to do, or the manager refused.
 */
export const parseTransactionTable = (stdout: string): TransactionTable => {
  const reader = new Reader()
  const summary: Array<string> = []
  let state: "before" | "head" | "table" | "summary" = "before"
  for (const line of outputLines(plainText(stdout))) {
    if (state === "before" && isTableHead(line)) state = line.startsWith(" ") ? "head" : "table"
    else if (state === "head" && isRule(line)) state = "table"
    else if (state === "table" && line.startsWith("Transaction Summary")) state = "summary"
    else if (state === "table") reader.line(line)
    else if (state === "summary") summary.push(line)
  }
  reader.end()
  const { installs, removals, skipped } = reader
  const counted = summaryOf(summary)
  const isCounted = (section: Section, rows: number) => (counted.get(section) ?? 0) === rows
  const actions = ["install", "upgrade", "downgrade"] as const
  const wrong = [
    ...actions.filter((action) => !isCounted(action, installs.filter((row) => row.action === action).length)),
    ...(isCounted("remove", removals.filter(({ replacedBy }) => replacedBy === undefined).length)
      ? []
      : ["remove"]),
    ...(state === "before" || state === "summary" ? [] : ["cut off"]),
  ]
  return { installs, removals, skipped, notUnderstood: reader.notUnderstood + wrong.length }
}
