import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { createConnection, type Socket } from "node:net"
import { fileURLToPath } from "node:url"
import { listen } from "../e2e/ExecutorSocket.ts"
import { eventually } from "../eventually.ts"

const program = fileURLToPath(new URL("forgottenAnswer.ts", import.meta.url))

/** Says something, and reads nothing. */
const connect = (path: string) =>
  Effect.callback<Socket>((resume) => {
    const socket = createConnection({ path }, () =>
      socket.write("well?\n", () => resume(Effect.succeed(socket))),
    )
    socket.pause()
  })

describe("outliveAsker", () => {
  it.live("lets a program go on to its end when whoever asked has gone without reading what was said", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      yield* listen(`${folder}/socket`, [program, folder], {})
      const socket = yield* connect(`${folder}/socket`)
      yield* eventually("something was said", files.exists(`${folder}/told`), (is) => is)
      socket.destroy()
      yield* eventually("the end", files.exists(`${folder}/done`), (is) => is)
    }).pipe(Effect.provide(NodeServices.layer), Effect.scoped),
  )
})
