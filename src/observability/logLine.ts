import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Formatter from "effect/Formatter"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"

/** One log event as the logger receives it. */
export interface LogEvent {
  /** What was passed to `Effect.log…`: the event's name, then values. */
  readonly message: ReadonlyArray<unknown>
  readonly cause: Cause.Cause<unknown>
  readonly annotations: Readonly<Record<string, unknown>>
}

/** A value longer than this is cut: journald splits lines at 48 KiB, and nobody reads them. */
const longest = 2048

/**
 * Secrets are `Redacted` and print as such. This is for the ones that come inside somebody else's text, such as a
 * parser's complaint about a value: licence keys, bearer tokens, passwords in addresses.
 */
const scrubbed = (text: string): string =>
  text
    .replaceAll(/pk_live_\w+/g, "<redacted>")
    .replaceAll(/\b(bearer|basic) [\w.~+/=-]{16,}/gi, "$1 <redacted>")
    .replaceAll(/:\/\/[^\s/@]+@/g, "://<redacted>@")

/** C1 controls, invisible marks and changes of direction that JSON leaves as they are. */
const unprintable = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Quoted as JSON unless it is one plain word, so that no value can start a new line or a new field. */
const quoted = (text: string): string =>
  /^[!#-<>-~]+$/.test(text)
    ? text
    : Formatter.formatJson(text).replaceAll(
        unprintable,
        (character) => String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, "0"),
      )

/** The text of any value; whatever is `Redacted` stays so, however deep. */
const textOf = (value: unknown): string => {
  if (Redacted.isRedacted(value)) return "<redacted>"
  const text = DateTime.isDateTime(value)
    ? DateTime.formatIso(value)
    : Duration.isDuration(value)
      ? Duration.format(value)
      : typeof value === "string"
        ? value
        : Formatter.formatJson(value)
  const safe = scrubbed(text)
  return safe.length > longest ? `${safe.slice(0, longest)}…` : safe
}

const isPlainObject = (value: unknown): value is object =>
  Predicate.isObject(value) && Object.getPrototypeOf(value) === Object.prototype

const field = (name: string, value: unknown): string =>
  `${name.replaceAll(/[^\w.-]/g, "_")}=${quoted(textOf(value))}`

const tagOf = (error: Error): string =>
  Predicate.hasProperty(error, "_tag") && typeof error._tag === "string" ? error._tag : error.name

/** The stable word for what went wrong, where the error has one: `code=pin_mismatch`. */
const codeFields = (error: Error): ReadonlyArray<string> =>
  Predicate.hasProperty(error, "code") && typeof error.code === "string" ? [field("code", error.code)] : []

/** Tag, code and message; where it came from and the stack are for debugging. */
const errorFields = (error: unknown, debug: boolean): ReadonlyArray<string> => {
  if (!(error instanceof Error)) return [field("error", error)]
  const told = [field("error", tagOf(error)), ...codeFields(error), field("reason", error.message)]
  if (!debug) return told
  return [
    ...told,
    ...(error.cause instanceof Error ? [field("caused_by", error.cause.message)] : []),
    field("stack", error.stack ?? ""),
  ]
}

const causeFields = (cause: Cause.Cause<unknown>, debug: boolean): ReadonlyArray<string> =>
  cause.reasons.flatMap((reason) => {
    switch (reason._tag) {
      case "Fail":
        return errorFields(reason.error, debug)
      case "Die":
        return ["defect=true", ...errorFields(reason.defect, debug)]
      case "Interrupt":
        return ["interrupted=true"]
    }
  })

const valueFields = (value: unknown, debug: boolean): ReadonlyArray<string> => {
  if (value instanceof Error) return errorFields(value, debug)
  if (Cause.isCause(value)) return causeFields(value, debug)
  return isPlainObject(value)
    ? Object.entries(value).map(([name, inner]) => field(name, inner))
    : [field("detail", value)]
}

/** The event's name, as one word or quoted, and its fields in logfmt: what was logged, annotations, errors. */
export const logLine = (
  { message, cause, annotations }: LogEvent,
  debug: boolean,
): { readonly event: string; readonly fields: string } => {
  const named = typeof message[0] === "string"
  return {
    event: quoted(named ? textOf(message[0]) : "log"),
    fields: [
      ...message.slice(named ? 1 : 0).flatMap((value) => valueFields(value, debug)),
      ...Object.entries(annotations).map(([name, value]) => field(name, value)),
      ...causeFields(cause, debug),
    ].join(" "),
  }
}
