import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { statfs } from "node:fs/promises"
import { machine, networkInterfaces } from "node:os"
import { cpuUsage, memoryUsage } from "node:process"
import { diskQuestionTimeout } from "../schedules.ts"
import { SystemCalls } from "./SystemCalls.ts"

/** fe80::/10 (RFC 4291) and 169.254.0.0/16 (RFC 3927) mean something on one link only. */
const linkLocal = /^(?:fe[89ab][0-9a-f]:|169\.254\.)/i

const addresses = Effect.sync(() =>
  Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => !entry.internal && !linkLocal.test(entry.address))
    .map((entry) => entry.address)
    .toSorted(),
)

const space = Effect.fnUntraced(function* (mountPoint: string) {
  const found = yield* Effect.tryPromise(() => statfs(mountPoint))
  return { total: found.blocks * found.bsize, available: found.bavail * found.bsize }
})

const processUsage = Effect.sync(() => {
  const { user, system } = cpuUsage()
  return { rssBytes: memoryUsage.rss(), cpuSeconds: (user + system) / 1_000_000 }
})

export const layer = Layer.succeed(SystemCalls, {
  machine: Effect.sync(machine),
  addresses,
  space: (mountPoint) =>
    space(mountPoint).pipe(
      Effect.timeout(diskQuestionTimeout),
      Effect.orElseSucceed(() => undefined),
    ),
  processUsage,
})
