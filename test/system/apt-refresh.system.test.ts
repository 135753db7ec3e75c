import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ask } from "./askApt.ts"
import * as Box from "./lab/Box.ts"
import { labRoots } from "./lab/labState.ts"

// Metadata downloads of the apt backend against real apt, and the ways in which they fail.

describe.each(labRoots)("%s: refreshing", (root) => {
  const refreshed = Effect.fnUntraced(function* (box: Box.Box, policy: unknown = "always", user = "root") {
    const answer = yield* ask(box, { ask: "refresh", policy }, user)
    return answer.kind === "refreshed" ? answer : assert.fail(JSON.stringify(answer))
  })

  it.live("tells each repository's outcome, and asks again only when the policy says so", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const first = yield* refreshed(box)
      assert.isTrue(first.refreshed)
      assert.deepStrictEqual(
        first.repositories.map(({ repository, outcome }) => [repository, outcome]),
        [
          ["copy:/srv/lab lab", "fetched"],
          ["copy:/srv/lab lab-updates", "fetched"],
          ["copy:/srv/lab lab-security", "fetched"],
        ],
      )
      assert.isFalse((yield* refreshed(box, "never")).refreshed)
      assert.isFalse((yield* refreshed(box, { if_older_than_seconds: 3600 })).refreshed)
      yield* box.run(["bash", "-c", "rm /var/lib/apt/lists/*lab-security*"])
      assert.isTrue((yield* refreshed(box, { if_older_than_seconds: 3600 })).refreshed)
      const refused = yield* ask(box, { ask: "refresh", policy: "always" }, "nobody")
      assert.deepInclude(refused, { kind: "error", reason: "needs_root" })
    }),
  )

  it.live("never calls it a success when a repository failed, and says why in words that help", () =>
    Effect.gen(function* () {
      const box = yield* Box.make(root)
      const failure = Effect.fnUntraced(function* (repository: string) {
        const answer = yield* refreshed(box)
        assert.isFalse(answer.refreshed)
        const found = answer.repositories.find((row) => row.repository === repository)
        assert.strictEqual(found?.outcome, "failed")
        assert.isTrue(
          answer.reasons.some(
            ({ code, detail }) => code === "repository_failed" && detail.includes(repository),
          ),
        )
        return found?.message ?? ""
      })
      yield* box.run([
        "bash",
        "-c",
        "sed -i 's/^Label:.*/Label: Other/' /var/lib/apt/lists/*lab-updates_InRelease",
      ])
      assert.include(yield* failure("copy:/srv/lab lab-updates"), "--allow-releaseinfo-change")
      yield* box.run([
        "bash",
        "-c",
        "sed -i 's/^Label: Other/Label: LabOS/' /var/lib/apt/lists/*lab-updates_InRelease",
      ])

      yield* box.writeFile(
        "/etc/apt/sources.list.d/x.list",
        "deb [trusted=yes] http://user:secret@127.0.0.1:9/debian x main\n",
      )
      const unreachable = yield* failure("http://127.0.0.1:9/debian x")
      assert.include(unreachable, "The server cannot be reached")
      assert.notInclude(unreachable, "secret")

      yield* box.writeFile(
        "/etc/apt/sources.list.d/x.list",
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] copy:/srv/lab lab-security main\n",
      )
      yield* box.run(["sed", "-i", "/lab-security/d", "/etc/apt/sources.list"])
      assert.include(
        yield* failure("copy:/srv/lab lab-security"),
        "key that signs this repository is not installed",
      )

      yield* box.writeFile("/etc/apt/sources.list.d/x.list", "deb copy:/srv/lab nosuch main\n")
      assert.isAbove((yield* failure("copy:/srv/lab nosuch")).length, 0)
    }),
  )
})
