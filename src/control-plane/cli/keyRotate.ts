import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import { rotateCommandKey } from "../data/commandKeys.ts"
import { openDataDirectory } from "../data/DataDirectory.ts"
import { DataFlag } from "./DataFlag.ts"
import { exitCodesText } from "./exitCodes.ts"
import { jsonFlag, printer } from "./jsonFlag.ts"

const KeyRotateReport = Schema.Struct({
  /** How often the key was changed by now. */
  generation: Schema.Int,
  /** RFC 7638 thumbprint of the new key. */
  kid: Schema.String,
})

const print = printer(
  KeyRotateReport,
  ({ generation, kid }) => `Commands are signed with a new key now: ${kid} (change ${generation}).

A running control plane uses it at once. Each agent follows with its next heartbeat, also one that has been away; the
old key is gone and counts no more from then on. Agents that enrol from now on get the new key.`,
)

export const keyRotate = Command.make(
  "rotate",
  { json: jsonFlag },
  Effect.fnUntraced(function* ({ json }) {
    const data = yield* openDataDirectory(yield* DataFlag, { create: false })
    const { generation, publicKey } = yield* rotateCommandKey(data)
    return yield* print({ generation, kid: publicKey.kid }, json)
  }),
).pipe(
  Command.withShortDescription("Make a new command key and have agents follow"),
  Command.withDescription(
    `Makes a new key for signing commands in the data directory and signs with the present one that it takes its place. Agents believe that signature and nothing else. Commands that wait are signed anew when they are delivered. Run it as the user the control plane runs as.\n\n${exitCodesText("failed", "usage")}`,
  ),
)
