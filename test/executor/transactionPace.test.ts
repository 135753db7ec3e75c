import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { TransactionPace } from "../../src/executor/TransactionPace.ts"

const inNewDirectory = <A, E>(
  use: (path: string) => Effect.Effect<A, E, FileSystem.FileSystem>,
): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* use(`${yield* Effect.orDie(fs.makeTempDirectoryScoped())}/pace.json`)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

/** What an executor that starts now would say of apt, after it learned these. */
const learn = (path: string, ...transactions: ReadonlyArray<readonly [packages: number, seconds: number]>) =>
  Effect.gen(function* () {
    const pace = yield* TransactionPace
    for (const [packages, seconds] of transactions) yield* pace.learn("apt", packages, seconds)
    return yield* pace.secondsPerPackage("apt")
  }).pipe(Effect.provide(TransactionPace.layer(path)))

describe("TransactionPace", () => {
  it.effect("begins with a start value, and learns from one executor to the next", () =>
    inNewDirectory((path) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* learn(path), 5)
        assert.strictEqual(yield* learn(path, [10, 25]), 2.5)
        assert.strictEqual(yield* learn(path), 2.5)
        const pace = yield* Effect.provide(TransactionPace, TransactionPace.layer(path))
        assert.strictEqual(yield* pace.secondsPerPackage("zypper"), 8)
      }),
    ),
  )

  it.effect("is not moved by one transaction that was out of the ordinary, or that had no packages", () =>
    inNewDirectory((path) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* learn(path, [1, 3], [1, 3], [1, 4], [1, 600], [0, 100]), 4)
        assert.strictEqual(yield* learn(path, ...Array.from({ length: 9 }, () => [1, 1] as const)), 1)
      }),
    ),
  )

  it.effect("does without its file when that is damaged or cannot be written", () =>
    inNewDirectory((path) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        for (const damage of ["", "{", '{"apt":["x"]}', '{"apt":[-1]}', "[]"]) {
          yield* fs.writeFileString(path, damage)
          assert.strictEqual(yield* learn(path), 5)
        }
        assert.strictEqual(yield* learn(path, [2, 8]), 4)
        assert.strictEqual(yield* learn(`${path}/not/a/directory`, [2, 8]), 5)
      }),
    ),
  )
})
