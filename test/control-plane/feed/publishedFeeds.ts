import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Publishable } from "../../../src/control-plane/feed/publishFeed.ts"
import { checkFeedText } from "../../../src/vulnerability/checkFeedText.ts"
import { readFeedKeys } from "../../../src/vulnerability/feedKeys.ts"
import { openFeed } from "../../../src/vulnerability/openFeed.ts"
import { compiled, osvRecord, reading } from "./feedOf.ts"

const feedOf = (release: string, ecosystem: string, fixed: string): Publishable => ({
  body: compiled(release, [
    reading(
      release,
      osvRecord("ALSA-2026:1", [[ecosystem, "bash", fixed]], {
        summary: "Important: bash security update",
        related: ["CVE-2026-0001"],
      }),
    ),
  ]),
  about: {
    release,
    family: "rpm",
    key: "binary",
    licence: "MIT",
    source: "2026-05-04",
    fixedIssuesOnly: true,
    endOfLife: false,
  },
})

/** Two small feeds. */
export const nine = feedOf("almalinux-9", "AlmaLinux:9", "1.0-1.el9")
export const eight = feedOf("almalinux-8", "AlmaLinux:8", "1.0-1.el8")

/** As an agent opens it that trusts the key beside the feeds. */
export const opened = Effect.fnUntraced(function* (directory: string, release: string) {
  const keys = yield* readFeedKeys(`${directory}/feed-key.pub`)
  const kept = yield* openFeed({ directory, release, keys })
  yield* checkFeedText(release, kept.content)
  const text = yield* Stream.mkString(Stream.decodeText(kept.content))
  return { ...kept, text }
})
