import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InstallPlan, InstallReport } from "../../src/domain/InstallPlan.ts"
import { ProbeAnswer, ProbeQuestion } from "./aptProbe.ts"
import type * as Box from "./lab/Box.ts"

// Asks the apt backend in a box, through aptProbe.ts, and picks the answers apart.

const encodeQuestion = Schema.encodeEffect(Schema.fromJsonString(ProbeQuestion))
const decodeQuestion = Schema.decodeUnknownEffect(ProbeQuestion)
const decodeAnswer = Schema.decodeEffect(Schema.fromJsonString(ProbeAnswer))

/** Asks the backend inside the box. Questions are given as they would come over the wire. */
export const ask = Effect.fnUntraced(function* (box: Box.Box, question: unknown, user = "root") {
  const [node] = box.agentArgv([])
  const text = yield* encodeQuestion(yield* decodeQuestion(question))
  const program = "/opt/lab/checkout/test/system/aptProbe.ts"
  const result = yield* box.run([node, program, text], { timeout: "150 seconds", user })
  assert.strictEqual(result.exitCode, 0, result.stderr)
  return yield* decodeAnswer(result.stdout)
})

export const planned = Effect.fnUntraced(function* (box: Box.Box, request: object, user = "root") {
  const answer = yield* ask(box, { ask: "plan", request }, user)
  return answer.kind === "planned" ? answer : assert.fail(JSON.stringify(answer))
})

export const applied = Effect.fnUntraced(function* (box: Box.Box, request: object) {
  const answer = yield* ask(box, { ask: "apply", request })
  return answer.kind === "applied" ? answer : assert.fail(JSON.stringify(answer))
})

export const packages = (...names: ReadonlyArray<string>) => ({
  selection: { kind: "packages", packages: names.map((name) => ({ name, version: "1.1-1" })) },
})
export const all = { selection: { kind: "all" } }
export const security = { selection: { kind: "security" } }

export const installs = (plan: InstallPlan): Record<string, string> =>
  Object.fromEntries(plan.installs.map(({ name, to }) => [name, to]))
export const leftOut = (plan: InstallPlan) =>
  Object.fromEntries(plan.leftOut.map(({ name, reason }) => [name, reason]))
export const outcomes = (report: InstallReport) =>
  Object.fromEntries(report.outcomes.map(({ name, outcome }) => [name, outcome]))
export const messageOf = (report: InstallReport, name: string) =>
  report.outcomes.find((row) => row.name === name)?.message ?? ""

export const automatic = (box: Box.Box) =>
  box.run(["apt-mark", "showauto"]).pipe(Effect.map(({ stdout }) => stdout))
