import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { DatabaseSync } from "node:sqlite"
import { makeReleaseKeys } from "../../../src/control-plane/release/releaseKeys.ts"
import { processIdentity } from "../../../src/host/processIdentity.ts"
import { UpdateState } from "../../../src/self-update/UpdateState.ts"
import { ledgerMigrations } from "../../../src/store/ledgerSchema.ts"
import { daysAgo, makeReleases } from "./Releases.ts"
import { standIn } from "./standIn.ts"
import { attempt } from "./UpdateHost.ts"
import { inWorld, works } from "./updateWorld.ts"

const decodeState = Schema.decodeUnknownEffect(Schema.fromJsonString(UpdateState))

/** What `patchctl status` would show. */
const remembered = Effect.fnUntraced(function* (root: string) {
  const files = yield* FileSystem.FileSystem
  return yield* decodeState(yield* files.readFileString(`${root}/update/state.json`))
})

const targetsOf = Effect.fnUntraced(function* (directory: string) {
  const files = yield* FileSystem.FileSystem
  return (yield* files.readDirectory(`${directory}/targets`)).map((name) => `${directory}/targets/${name}`)
})

describe("an attempt to update", () => {
  it.live("puts a newer release to use, and keeps the one before", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        yield* releases.add("1.1.0", standIn("1.1.0"))
        const { outcome } = yield* attempt(root, server)
        assert.strictEqual(outcome, "updated")
        yield* works(root, "1.1.0")
        assert.strictEqual((yield* attempt(root, server)).outcome, "up_to_date")

        yield* releases.add("1.2.0", standIn("1.2.0"))
        assert.strictEqual((yield* attempt(root, server)).outcome, "updated")
        yield* works(root, "1.2.0")
        const { last, step, failed } = yield* remembered(root)
        assert.deepStrictEqual([last?.outcome, step, failed], ["updated", undefined, undefined])
      }),
    ),
  )

  it.live("refuses an executable that was changed on the way, three times and then once a day", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* releases.add("1.1.0", standIn("1.1.0"))
        const [executable = ""] = yield* targetsOf(releases.publication.directory)
        const changed = standIn("1.1.0").replace("exit 64", "exit 65")
        yield* files.writeFileString(executable, changed)
        const outcomes = [yield* attempt(root, server), yield* attempt(root, server)]
        // Cut short, and too long.
        yield* files.writeFileString(executable, changed.slice(0, 100))
        outcomes.push(yield* attempt(root, server))
        assert.deepStrictEqual(
          outcomes.map(({ outcome }) => outcome),
          ["wrong_checksum", "wrong_checksum", "wrong_checksum"],
        )
        assert.strictEqual((yield* attempt(root, server)).outcome, "download_paused")
        assert.deepStrictEqual(yield* files.readDirectory(`${root}/versions/1.1.0`), [])
        yield* works(root, "1.0.0")
      }),
    ),
  )

  it.live("refuses releases that another key signed", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const { directory } = releases.publication
        yield* files.remove(directory, { recursive: true })
        const forger = yield* makeReleases(directory)
        yield* forger.init
        yield* forger.add("9.0.0", standIn("9.0.0"))
        const { outcome } = yield* attempt(root, server)
        assert.strictEqual(outcome, "wrong_signature")
        yield* works(root, "1.0.0")
        assert.strictEqual((yield* remembered(root)).last?.outcome, "wrong_signature")
      }),
    ),
  )

  it.live("follows the vendor from key to key, the root key among them", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const { keys } = releases.publication
        for (const version of ["1.1.0", "1.2.0"]) {
          yield* files.rename(`${keys}/root-key.pem`, `${keys}/former-root-key.pem`)
          yield* files.remove(`${keys}/release-key.pem`)
          yield* Effect.provide(makeReleaseKeys(keys), NodeServices.layer)
          yield* releases.add(version, standIn(version))
        }
        // Two roots at once, as a host sees them that was off for long.
        assert.strictEqual((yield* attempt(root, server)).outcome, "updated")
        yield* works(root, "1.2.0")
      }),
    ),
  )

  it.live("takes nothing from releases that were not renewed, until they are", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        yield* daysAgo(31)(releases.add("1.1.0", standIn("1.1.0")))
        assert.strictEqual((yield* attempt(root, server)).outcome, "expired")
        yield* works(root, "1.0.0")
        yield* releases.renew
        assert.strictEqual((yield* attempt(root, server)).outcome, "updated")
        yield* works(root, "1.1.0")
      }),
    ),
  )

  it.live("never goes to a lower version", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        yield* releases.add("1.1.0", standIn("1.1.0"))
        assert.strictEqual((yield* attempt(root, server)).outcome, "updated")
        yield* releases.withdraw("1.1.0")
        yield* releases.add("0.9.0", standIn("0.9.0"))
        yield* releases.add("1.0.5", standIn("1.0.5"))
        assert.strictEqual((yield* attempt(root, server)).outcome, "up_to_date")
        yield* works(root, "1.1.0")
      }),
    ),
  )

  it.live("refuses an older state of the releases than it has seen", () =>
    inWorld(({ directory, root, server, releases }) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const published = releases.publication.directory
        yield* releases.add("1.1.0", standIn("1.1.0"))
        yield* files.copy(published, `${directory}/before`)
        yield* releases.add("1.2.0", standIn("1.2.0", "unfit"))
        assert.strictEqual((yield* attempt(root, server)).outcome, "check_failed")
        yield* files.remove(published, { recursive: true })
        yield* files.copy(`${directory}/before`, published)
        assert.strictEqual((yield* attempt(root, server)).outcome, "rolled_back")
        yield* works(root, "1.0.0")
      }),
    ),
  )

  it.live("does not put to use what does not understand the configuration", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        yield* releases.add("1.1.0", standIn("1.1.0", "unfit"))
        const { outcome, detail } = yield* attempt(root, server)
        assert.strictEqual(outcome, "check_failed")
        assert.include(detail, "api_url is not understood")
        yield* releases.add("1.2.0", standIn("1.3.0"))
        assert.include((yield* attempt(root, server)).detail, "it says 1.3.0")
        yield* works(root, "1.0.0")
      }),
    ),
  )

  for (const [behaviour, reason] of [
    ["crashing", "sent no heartbeat"],
    ["silent", "sent no heartbeat"],
  ] as const) {
    it.live(`brings the version before back after a ${behaviour} one, and waits for a higher one`, () =>
      inWorld(({ root, server, releases }) =>
        Effect.gen(function* () {
          yield* releases.add("1.1.0", standIn("1.1.0", behaviour))
          const { outcome, detail } = yield* attempt(root, server)
          assert.strictEqual(outcome, "returned")
          assert.include(detail, reason)
          yield* works(root, "1.0.0")
          assert.strictEqual((yield* remembered(root)).failed, "1.1.0")
          assert.strictEqual((yield* attempt(root, server)).outcome, "up_to_date")
          yield* releases.add("1.1.1", standIn("1.1.1"))
          assert.strictEqual((yield* attempt(root, server)).outcome, "updated")
          yield* works(root, "1.1.1")
        }),
      ),
    )
  }

  it.live("waits while a command is carried out, and for nobody who died over one", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const self = Option.getOrThrow(yield* processIdentity(process.pid))
        yield* files.makeDirectory(`${root}/state-executor`)
        const ledger = new DatabaseSync(`${root}/state-executor/executor.sqlite`)
        yield* Effect.addFinalizer(() => Effect.sync(() => ledger.close()))
        for (const migration of ledgerMigrations) ledger.exec(migration)
        ledger
          .prepare(
            "INSERT INTO commands (id, seq, name, started_at, executor) VALUES ('a', 1, 'install_updates', 0, ?)",
          )
          .run(self)
        yield* releases.add("1.1.0", standIn("1.1.0"))
        assert.strictEqual((yield* attempt(root, server)).outcome, "command_running")
        yield* works(root, "1.0.0")
        ledger.prepare("UPDATE commands SET executor = ?").run(self.replace(/\d+$/, "0"))
        assert.strictEqual((yield* attempt(root, server)).outcome, "updated")
        yield* works(root, "1.1.0")
      }),
    ),
  )

  it.live("leaves alone what is switched off, and what another program installed", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* releases.add("1.1.0", standIn("1.1.0"))
        assert.strictEqual((yield* attempt(root, server, { self_update: false })).outcome, "off")
        yield* files.writeFileString(`${root}/installed-by`, "deb\n")
        const { outcome, detail } = yield* attempt(root, server)
        assert.strictEqual(outcome, "not_ours")
        assert.include(detail, "apt-get install patchctl-agent")
        yield* works(root, "1.0.0")
      }),
    ),
  )

  it.live("takes nothing where there are no keys to check it with", () =>
    inWorld(({ root, server, releases }) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* releases.add("1.1.0", standIn("1.1.0"))
        yield* files.remove(`${root}/update/root.json`)
        assert.strictEqual((yield* attempt(root, server)).outcome, "no_trust")
        yield* files.writeFileString(`${root}/update/root.json`, "{")
        assert.strictEqual((yield* attempt(root, server)).outcome, "no_trust")
        yield* works(root, "1.0.0")
      }),
    ),
  )
})
