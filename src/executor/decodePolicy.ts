import * as Arr from "effect/Array"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { jsonFault } from "../config/jsonFault.ts"
import { Policy } from "../domain/Policy.ts"
import { ambiguity } from "./strictJson.ts"

/** One key of `policy.json` as its schema describes it. */
export interface PolicyKey {
  readonly name: string
  readonly description: string
  readonly expected: string
}

/** Every key, in the order of the schema. */
export const policyKeys: ReadonlyArray<PolicyKey> = Object.entries(Policy.fields).map(([name, field]) => {
  const annotations = Schema.resolveAnnotations(field)
  return {
    name,
    description: annotations?.description ?? "",
    expected: annotations?.expected ?? "another value",
  }
})

const decodeObject = Schema.decodeUnknownResult(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)),
)
const decodeKeys = Schema.decodeUnknownResult(Policy, { errors: "all", onExcessProperty: "error" })
const listIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const complaint = (path: ReadonlyArray<PropertyKey>): string => {
  const [name] = path
  const known = policyKeys.find((key) => key.name === name)
  if (known === undefined) {
    const shown = String(name ?? "").replaceAll(/[^\x20-\x7e]/g, "?")
    return `${shown.slice(0, 40)} is no key of a policy; there are ${policyKeys.map((key) => key.name).join(", ")}`
  }
  const where = path.map((part, at) =>
    typeof part === "number" ? `[${part}]` : `${at === 0 ? "" : "."}${String(part)}`,
  )
  return `${where.join("").slice(0, 80)} does not fit: give ${known.expected}`
}

/** The policy that a text holds, or what is wrong with it, in words for whoever wrote it. */
export const decodePolicy = (text: string): Result.Result<Policy, string> => {
  const ambiguous = ambiguity(text)
  if (ambiguous !== undefined) return Result.fail(`it ${ambiguous}`)
  const object = decodeObject(text)
  if (Result.isFailure(object)) {
    const fault = jsonFault(text)
    return Result.fail(
      fault === undefined
        ? "it does not hold a JSON object"
        : `it is not JSON from line ${fault.line}, column ${fault.column} on: ${fault.expected}`,
    )
  }
  return Result.mapError(decodeKeys(object.success), ({ issue }) =>
    // The members of a union complain one by one about the same value.
    Arr.dedupe(
      listIssues(issue).issues.map(({ path }) =>
        complaint((path ?? []).map((part) => (typeof part === "object" ? part.key : part))),
      ),
    )
      .slice(0, 5)
      .join("; "),
  )
}
