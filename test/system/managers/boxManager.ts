import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type { ManagerId } from "../../../src/domain/Package.ts"
import { PackageManager } from "../../../src/package-manager/PackageManager.ts"
import { eventually } from "../../eventually.ts"
import type * as Box from "../lab/Box.ts"
import { answers, Failure, Question } from "./managerProbe.ts"

const program = "/opt/lab/checkout/test/system/managers/managerProbe.ts"

const encodeQuestion = Schema.encodeEffect(Schema.fromJsonString(Question))

/**
 * A backend at work inside a box, asked from outside: one process that answers line by line, for as long as the scope
 * is open. `options` are the user and environment of that process.
 */
export const boxManager = Effect.fnUntraced(function* (
  box: Box.Box,
  id: ManagerId,
  options: Omit<Box.RunOptions, "stdin" | "timeout"> = {},
) {
  const [node] = box.agentArgv([])
  const probe = yield* box.spawn([node, program, id], options)
  const oneAtATime = yield* Semaphore.make(1)
  let answered = 0

  const line = probe.stdout.pipe(
    Effect.map((said) => {
      const lines = said.split("\n")
      return lines.length > answered + 1 ? lines[answered] : undefined
    }),
  )
  const ended = Effect.flatMap(probe.exit, (code) =>
    Effect.flatMap(probe.stderr, (stderr) => Effect.die(`the probe ended with ${code}: ${stderr}`)),
  )

  const ask = <A, I>(question: typeof Question.Type, schema: Schema.Codec<A, I>) =>
    Effect.gen(function* () {
      yield* probe.write(`${yield* encodeQuestion(question)}\n`)
      const text = yield* Effect.raceFirst(
        eventually("the backend answers", line, (found) => found !== undefined, "150 seconds"),
        ended,
      )
      answered += 1
      const answer = yield* Schema.decodeUnknownEffect(
        Schema.fromJsonString(Schema.Union([Failure, schema])),
      )(text)
      return answer
    }).pipe(
      // The questions are ours and so are the answers: anything but a ManagerError is a bug of the test bed.
      Effect.orDie,
      oneAtATime.withPermits(1),
      Effect.flatMap((answer) =>
        Schema.is(Failure)(answer) ? Effect.fail(answer.failed) : Effect.succeed(answer),
      ),
    )

  const manager = PackageManager.of({
    inventory: ask({ ask: "inventory" }, answers.inventory),
    updates: ask({ ask: "updates" }, answers.updates),
    health: ask({ ask: "health" }, answers.health),
    refresh: (policy) => ask({ ask: "refresh", policy }, answers.refresh),
    plan: (request) => ask({ ask: "plan", request }, answers.plan),
    describe: (names) => ask({ ask: "describe", names }, answers.describe),
    apply: (plan, { repair, deadline, report }) =>
      ask(
        { ask: "apply", plan, repair, ...(deadline === undefined ? {} : { deadline }) },
        answers.apply,
      ).pipe(
        Effect.tap(({ progress }) => Effect.forEach(progress, report)),
        Effect.map((answer) => answer.report),
      ),
  })

  /** From now on the backend believes that it is this much later than it is. */
  const daysAhead = (days: number) => Effect.orDie(ask({ ask: "clock", daysAhead: days }, answers.clock))
  return { manager, daysAhead }
})
