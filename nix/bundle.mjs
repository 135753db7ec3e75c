// The agent's bundle alone, as scripts/build.ts makes it: nixpkgs' Node runs it, so there is no executable to make.
// Says on stdout with which flags.
import * as Effect from "effect/Effect"
import { bundle } from "../scripts/build/bundle.ts"
import { v8Flags } from "../scripts/build/executable.ts"

await Effect.runPromise(bundle("src/bin.ts", process.argv[2]))
process.stdout.write(v8Flags.join(" "))
