import * as Effect from "effect/Effect"
import * as Xml from "effect/encoding/Xml"
import * as Stream from "effect/Stream"
import { outputLines } from "../outputLines.ts"
import { readXml } from "./readXml.ts"

/** One piece of what zypper says, with the elements in it; descriptions and other prose of packages left out. */
export interface Element {
  readonly name: string
  /** The element around it: `blocked-update-list` of an `update`, `to-remove` of a `solvable`. */
  readonly parent: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
  readonly children: ReadonlyArray<Element>
}

/** What zypper printed, as far as it is the document it should be. */
export interface ZypperStream {
  readonly elements: ReadonlyArray<Element>
  /** Lines outside of every element, and elements of a name that is not known. */
  readonly notUnderstood: number
  /** Those of these elements that stand in a plan, as a list of changes that is not known would. */
  readonly unknownChanges: number
  /** Why what follows `elements` could not be read: the document ends too soon, or something else printed into it. */
  readonly broken?: string
  /** Whether this is a document of zypper's at all. */
  readonly begun: boolean
}

/** Elements that are kept. */
const kept: ReadonlySet<string> = new Set([
  "message",
  "prompt",
  "repo",
  "update",
  "solvable",
  "install-summary",
])

/** Elements that only hold others. */
const containers: ReadonlySet<string> = new Set([
  "stream",
  "repo-list",
  "update-status",
  "update-list",
  "blocked-update-list",
  "install-summary",
  "to-upgrade",
  "to-downgrade",
  "to-install",
  "to-reinstall",
  "to-remove",
  "to-change-arch",
  "to-change-vendor",
  "_unsupported",
  "commit-summary",
  "failed-installs",
  "failed-removals",
  "skipped-installs",
  "skipped-removals",
  "fileconflict-summary",
  "search-result",
  "solvable-list",
])

/** Elements that say nothing we ask for. */
const ignored: ReadonlySet<string> = new Set(["progress", "download", "appletinfo"])

/** Prose of an `update` or `solvable`, kilobytes of it for each. */
const prose: ReadonlySet<string> = new Set(["summary", "description", "license", "title", "href"])

type Growing = Omit<Element, "text" | "children"> & { text: string; readonly children: Array<Growing> }

const countLines = (text: string): number => {
  let lines = 0
  for (const line of outputLines(text)) if (line.trim() !== "") lines += 1
  return lines
}

/** Takes the events of one document in their order. */
const makeReader = () => {
  const elements: Array<Element> = []
  const around: Array<string> = []
  const open: Array<Growing> = []
  let notUnderstood = 0
  let unknownChanges = 0
  let skipping = 0
  let begun = false

  const start = (name: string, attributes: Element["attributes"]) => {
    const parent = around.at(-1) ?? ""
    around.push(name)
    begun ||= name === "stream"
    if (skipping > 0) {
      skipping += 1
      return
    }
    const outer = open.at(-1)
    if (outer !== undefined) {
      if (prose.has(name) && outer.name !== "prompt") skipping = 1
      else {
        const inner: Growing = { name, parent, attributes, text: "", children: [] }
        outer.children.push(inner)
        open.push(inner)
      }
      return
    }
    if (kept.has(name)) {
      const element: Growing = { name, parent, attributes, text: "", children: [] }
      elements.push(element)
      // Its lists are read as elements of their own.
      if (!containers.has(name)) open.push(element)
    } else if (!containers.has(name)) {
      if (!ignored.has(name)) notUnderstood += 1
      if (parent === "install-summary") unknownChanges += 1
      skipping = 1
    }
  }
  const end = () => {
    around.pop()
    if (skipping > 0) skipping -= 1
    else if (open.length > 0) open.pop()
  }
  const take = (event: Xml.Event): void => {
    if (event._tag === "StartElement") start(event.name, event.attributes)
    else if (event._tag === "EndElement") end()
    else if (event._tag === "Text" && skipping === 0) {
      const inner = open.at(-1)
      if (inner === undefined) notUnderstood += countLines(event.text)
      else inner.text += event.text
    }
  }
  return { take, read: () => ({ elements, notUnderstood, unknownChanges, begun }) }
}

/**
 * Reads the document that `zypper --xmlout` prints. It holds whatever zypper and its plugins have to say besides the
 * answer; what is not understood is counted, and of a document that breaks off its beginning is kept. Never fails.
 */
export const readStream = Effect.fnUntraced(function* (stdout: string): Effect.fn.Return<ZypperStream> {
  const reader = makeReader()
  const start = Math.max(0, stdout.indexOf("<?xml"))
  const broken = yield* readXml(stdout, start).pipe(
    Stream.runForEach((event) => Effect.sync(() => reader.take(event))),
    Effect.as(undefined),
    Effect.catchTag("XmlError", ({ message }) => Effect.succeed(message)),
  )
  const before = countLines(stdout.slice(0, start))
  const { notUnderstood, ...found } = reader.read()
  return {
    ...found,
    notUnderstood: notUnderstood + before,
    ...(broken === undefined ? {} : { broken }),
  }
})

/** The elements of that name below an element. */
export const within = (element: Element, name: string): ReadonlyArray<Element> =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...within(child, name)])

/** What zypper says to people: `type` is `info`, `warning` or `error`. */
export const messagesOf = (
  { elements }: ZypperStream,
  ...types: ReadonlyArray<"info" | "warning" | "error">
): ReadonlyArray<string> =>
  elements
    .filter(({ name, attributes }) => name === "message" && types.some((type) => type === attributes["type"]))
    .map(({ text }) => text.trim())
