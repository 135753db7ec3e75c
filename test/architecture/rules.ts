import { posix } from "node:path"
import {
  adapterChoosers,
  confined,
  confinedTexts,
  everything,
  foundations,
  manifestReaders,
  mayImport,
  separateProgram,
  withAdapters,
} from "./layout.ts"

/** One TypeScript file; `path` is relative to the repository: `src/host/Host.ts`. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

const longestFile = 300

/** Every module named in an import, an `export … from` or a dynamic import, in order. */
export const importsOf = (text: string): ReadonlyArray<string> =>
  [
    ...text.matchAll(
      /^(?:import|export)\s(?:[^"';]*?\sfrom\s*)?["']([^"']+)["']|^[^\n/*]*\bimport\(\s*["']([^"']+)["']/gm,
    ),
  ].map(([, from, dynamic]) => from ?? dynamic ?? "")

/** The entry of `src/` a path below it belongs to: a folder, or a file at the top. */
const entryOf = (below: string): string => below.split("/")[0] ?? below

const below = (path: string): string => posix.relative("src", path)

const adapterOf = (path: string): string | undefined => {
  const [folder = "", adapter, ...rest] = path.split("/")
  return withAdapters.includes(folder) && rest.length > 0 ? `${folder}/${adapter}` : undefined
}

const startsWithAny = (path: string, prefixes: ReadonlyArray<string>): boolean =>
  prefixes.some((prefix) => (prefix.endsWith("/") ? path.startsWith(prefix) : path === prefix))

const importFault = (from: string, to: string): string | undefined => {
  const source = entryOf(from)
  const target = entryOf(to)
  const allowed = mayImport[source]
  if (allowed === undefined) return `${source} is not in test/architecture/layout.ts`
  if (source !== target) {
    if (target === separateProgram) return "the control plane is a program of its own"
    if (allowed === everything) return undefined
    return allowed.includes(target) || allowed.includes(to) ? undefined : `${source} may not know it`
  }
  const adapter = adapterOf(to)
  const own = adapterOf(from)
  const standsOn = adapter !== undefined && own !== undefined && foundations[adapter]?.includes(own) === true
  return adapter === undefined || own === adapter || standsOn || adapterChoosers.includes(from)
    ? undefined
    : "only main.ts chooses adapters"
}

const moduleFault = (from: string, module: string): string | undefined => {
  if (module === "effect" || /^@effect\/[^/]+$/.test(module)) return "import by module path, not the barrel"
  const rule = confined.find((candidate) => module.startsWith(candidate.module))
  return rule === undefined || startsWithAny(from, rule.to) ? undefined : "this module stays in few files"
}

/** What a file under `src/` imports against the layout. */
export const importFaults = ({ path, text }: SourceFile): ReadonlyArray<string> => {
  const from = below(path)
  return importsOf(text).flatMap((module) => {
    const target = posix.join(posix.dirname(path), module)
    const fault = !module.startsWith(".")
      ? moduleFault(from, module)
      : target.startsWith("src/")
        ? importFault(from, below(target))
        : target === "package.json" && manifestReaders.includes(from)
          ? undefined
          : "it lies outside src"
    return fault === undefined ? [] : [`${path} imports ${module}: ${fault}`]
  })
}

/** What a file under `src/` says that belongs elsewhere; comments may say anything. */
export const textFaults = ({ path, text }: SourceFile): ReadonlyArray<string> =>
  text
    .split("\n")
    .flatMap((line, index) =>
      /^\s*(?:\*|\/\/|\/\*)/.test(line)
        ? []
        : confinedTexts
            .filter((rule) => rule.text.test(line) && !startsWithAny(below(path), rule.to))
            .map((rule) => `${path}:${index + 1} contains ${rule.name}`),
    )

/** Names that say nothing about the content, second homes for exports, and files too long to take in. */
export const fileFaults = ({ path, text }: SourceFile): ReadonlyArray<string> => {
  const name = posix.basename(path, ".ts").split(".")[0] ?? ""
  const lines = text.split("\n").length - 1
  return [
    ...(/^(?:utils?|helpers?|common|shared|misc|types?|index)$|[a-z](?:Utils?|Helpers?)$/.test(name)
      ? [`${path} has a name that says nothing`]
      : []),
    ...(/^export (?:type )?(?:\*(?: as \w+)?|\{[^}]*\}) from\b/m.test(text) ? [`${path} re-exports`] : []),
    ...(lines > longestFile ? [`${path} has ${lines} lines, more than ${longestFile}`] : []),
  ]
}

/** Entries of `src/` the layout does not know. */
export const unknownEntries = (paths: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(paths.map((path) => entryOf(below(path))))].filter((entry) => !(entry in mayImport))
