import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { AgentConfigFile } from "./AgentConfig.ts"

/** The JSON value a key takes; `mixed` is a word or an object. */
export type ValueKind = "text" | "number" | "boolean" | "list" | "mixed"

/** One key of `config.json` as its schema describes it. */
export interface ConfigKey {
  readonly name: string
  /** The environment variable that overrides it. */
  readonly variable: string
  readonly kind: ValueKind
  /** What a value must be, ending a complaint and filling the reference page. */
  readonly expected: string
  readonly description: string
}

const kindOf = (ast: SchemaAST.AST): ValueKind => {
  switch (ast._tag) {
    case "Number":
      return "number"
    case "Boolean":
      return "boolean"
    case "Arrays":
      return "list"
    case "Objects":
      return "mixed"
    case "Union":
      return ast.types.some((member) => kindOf(member) === "mixed") ? "mixed" : "text"
    default:
      return "text"
  }
}

/** Every key, in the order of the schema. */
export const configKeys: ReadonlyArray<ConfigKey> = Object.entries(AgentConfigFile.fields).map(
  ([name, field]) => {
    const annotations = Schema.resolveAnnotations(field)
    return {
      name,
      variable: `PATCHCTL_${name.toUpperCase()}`,
      kind: kindOf(SchemaAST.toEncoded(field.ast)),
      expected: annotations?.expected ?? "another value",
      description: annotations?.description ?? "",
    }
  },
)
