import * as Arr from "effect/Array"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { AgentConfigFile } from "./AgentConfig.ts"
import { configKeys, type ValueKind } from "./configKeys.ts"
import type { ConfigProblem } from "./ConfigError.ts"
import { unknownSettings } from "./unknownSettings.ts"

/** A JSON object as read, before anything is known of its values. */
export type RawObject = Readonly<Record<string, unknown>>

export interface DecodedConfig {
  readonly result: Result.Result<AgentConfigFile, ReadonlyArray<ConfigProblem>>
  readonly warnings: ReadonlyArray<ConfigProblem>
}

const decodeFile = Schema.decodeUnknownResult(AgentConfigFile, { errors: "all" })
const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))
const listIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** The JSON value that the text of an environment variable stands for; text that stands for none stays text. */
const fromVariable = (kind: ValueKind, text: string): unknown => {
  switch (kind) {
    case "number":
      return /^-?\d{1,15}$/.test(text) ? Number(text) : text
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text
    case "list":
      return text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "")
    case "mixed":
      return text.startsWith("{") ? Result.getOrElse(decodeJson(text), () => text) : text
    case "text":
      return text
  }
}

/** The kind of a value, which is all that may be said of it. */
const kindOfValue = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "a list"
  switch (typeof value) {
    case "string":
      return value === "" ? "empty text" : "text"
    case "number":
      return Number.isInteger(value) ? "a whole number" : "a fraction"
    case "boolean":
      return "true or false"
    default:
      return "an object"
  }
}

/**
 * The configuration that a file's object and the `PATCHCTL_` variables make together; a variable beats the file, an
 * empty one counts as unset. Without problems there is a config; every problem is reported at once.
 */
export const decodeConfig = (
  path: string,
  file: RawObject,
  variables: Readonly<Record<string, string | undefined>>,
): DecodedConfig => {
  const overrides = new Map(
    configKeys.flatMap(({ name, variable, kind }) => {
      const text = variables[variable]?.trim() ?? ""
      return text === "" ? [] : [[name, fromVariable(kind, text)] as const]
    }),
  )
  const merged = new Map([...Object.entries(file), ...overrides])

  const problemAt = (keyPath: ReadonlyArray<PropertyKey>): ConfigProblem => {
    const [name, index] = keyPath
    const known = configKeys.find((key) => key.name === name)
    if (known === undefined) {
      return { where: path, fault: "is not understood", remedy: "compare it with the reference" }
    }
    const where = overrides.has(known.name) ? known.variable : path
    if (!merged.has(known.name)) {
      return { where, key: known.name, fault: "is missing", remedy: `add ${known.expected}` }
    }
    const value = merged.get(known.name)
    const inList = Array.isArray(value) && typeof index === "number"
    const found: unknown = inList ? value[index] : value
    return {
      where,
      key: inList ? `${known.name}[${index}]` : known.name,
      fault: `does not fit: it is ${kindOfValue(found)}`,
      remedy: `give ${known.expected}`,
    }
  }

  const unknown = unknownSettings(path, Object.keys(file), variables)
  const decoded = Result.mapError(decodeFile(Object.fromEntries(merged)), ({ issue }) => {
    const problems = listIssues(issue).issues.map((leaf) =>
      problemAt((leaf.path ?? []).map((part) => (typeof part === "object" ? part.key : part))),
    )
    // The members of a union complain one by one about the same value.
    return Arr.dedupeWith(problems, (a, b) => a.where === b.where && a.key === b.key)
  })
  return {
    result: Result.match(decoded, {
      onFailure: (problems) => Result.fail([...problems, ...unknown.problems]),
      onSuccess: (config) =>
        unknown.problems.length === 0 ? Result.succeed(config) : Result.fail(unknown.problems),
    }),
    warnings: unknown.warnings,
  }
}
