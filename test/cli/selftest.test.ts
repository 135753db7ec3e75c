import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { paint } from "../../src/cli/plainText.ts"
import { selftestText } from "../../src/cli/selftestText.ts"
import { SelfCheck } from "../../src/domain/SelfCheck.ts"
import { Host } from "../../src/host/Host.ts"
import { Database } from "../../src/store/Database.ts"
import { ledgerMigrations } from "../../src/store/ledgerSchema.ts"
import { ManagerError } from "../../src/package-manager/PackageManager.ts"
import { PackageManagers } from "../../src/package-manager/PackageManagers.ts"
import { LicenseKeyRefused, RequestFailed } from "../../src/transport/ControlPlane.ts"
import { ServerProbe } from "../../src/transport/ServerProbe.ts"
import * as FakeHost from "../fakes/FakeHost.ts"
import { checksOf, decodeReport, installed, key, managers, reached } from "./installation.ts"

describe("patchctl selftest", () => {
  it.effect("exits with 0 when everything is well, and says so for every check", () =>
    Effect.gen(function* () {
      const result = yield* installed({}, ["--json"])
      const { checks, passed } = yield* decodeReport(result.stdout)
      assert.strictEqual(result.exitCode, 0)
      assert.isTrue(passed)
      assert.deepStrictEqual(
        checks.filter(({ outcome }) => outcome !== "ok"),
        [],
      )
      assert.deepStrictEqual(
        checks.map(({ name }) => name),
        [
          "config",
          "permissions",
          "permissions",
          "permissions",
          "policy",
          "state",
          "audit",
          "disk",
          "package_managers",
          "dns",
          "tls",
          "clock",
          "license_key",
        ],
      )
    }),
  )

  it.effect("exits with 1 and goes on with the other checks when one fails", () =>
    Effect.gen(function* () {
      const { exitCode, named } = yield* checksOf({ config: `{"license_key": "${key}", "pin": [],}` })
      assert.strictEqual(exitCode, 1)
      assert.deepInclude(named("config")[0], {
        outcome: "failed",
        remedy: "a key in double quotes is missing: no comma may precede }",
      })
      assert.strictEqual(named("disk")[0]?.outcome, "ok")
      assert.strictEqual(named("license_key")[0]?.outcome, "skipped")
    }),
  )

  it.effect("warns of an unknown key without failing", () =>
    Effect.gen(function* () {
      const { exitCode, named } = yield* checksOf({
        config: `{"license_key": "${key}", "maintenance_window": "sunday"}`,
      })
      assert.strictEqual(exitCode, 0)
      assert.strictEqual(named("config")[0]?.outcome, "warning")
    }),
  )

  it.effect("fails when others may change the directories of configuration, state, or ledger and keys", () =>
    Effect.gen(function* () {
      const { exitCode, named } = yield* checksOf({
        prepare: (directory) =>
          FileSystem.FileSystem.use((files) =>
            Effect.forEach([directory, `${directory}-executor`], (path) => files.chmod(path, 0o777)),
          ).pipe(Effect.asVoid),
      })
      assert.strictEqual(exitCode, 1)
      assert.deepStrictEqual(
        named("permissions").map(({ outcome }) => outcome),
        ["failed", "failed", "failed"],
      )
    }),
  )

  it.effect("fails on a damaged state file and leaves it as it is", () =>
    Effect.gen(function* () {
      const { exitCode, named } = yield* checksOf({
        prepare: (directory) =>
          FileSystem.FileSystem.use((files) =>
            Effect.forEach(
              [`${directory}/other.sqlite`, `${directory}-executor/executor.sqlite`],
              (path) => files.writeFileString(path, "no database at all, but some text ".repeat(99)),
              { discard: true },
            ),
          ),
      })
      assert.strictEqual(exitCode, 1)
      assert.deepStrictEqual(
        named("state").map(({ outcome }) => outcome),
        ["ok", "failed"],
      )
      assert.strictEqual(named("audit")[0]?.outcome, "failed")
    }),
  )

  it.effect("says where the audit log was changed", () =>
    Effect.gen(function* () {
      const change = (sql: string) =>
        Effect.map(
          checksOf({
            prepare: (directory) =>
              Effect.gen(function* () {
                const db = yield* Database
                yield* db.run("DROP TRIGGER audit_is_append_only")
                yield* db.run("DROP TRIGGER audit_is_kept")
                yield* db.run(sql)
              }).pipe(
                Effect.provide(Database.layer(`${directory}-executor/executor.sqlite`, ledgerMigrations)),
              ),
          }),
          ({ named }) => named("audit")[0]?.detail.replace(/ in \S+/, ""),
        )
      assert.deepStrictEqual(
        [
          yield* change("UPDATE audit SET outcome = 'fine' WHERE line = 2"),
          yield* change("DELETE FROM audit WHERE line = 2"),
          yield* change("DELETE FROM audit WHERE line >= 2"),
          yield* change("UPDATE audit SET event = 'nothing' WHERE line = 3"),
        ],
        [
          "line 2 of the audit log does not fit the line before it: one of the two was changed",
          "line 2 of the audit log is missing",
          "line 2 of the audit log and what follows are missing",
          "line 3 of the audit log does not fit the line before it: one of the two was changed",
        ],
      )
    }),
  )

  it.effect("says when the agent has no state yet", () =>
    Effect.gen(function* () {
      const { exitCode, named } = yield* checksOf({
        config: `{"license_key": "${key}", "state_directory": "/nowhere"}`,
      })
      assert.strictEqual(exitCode, 0)
      assert.strictEqual(named("state")[0]?.outcome, "skipped")
      assert.deepStrictEqual(
        named("permissions").map(({ outcome }) => outcome),
        ["ok", "warning"],
      )
    }),
  )

  it.effect("judges each disk by its free space", () =>
    Effect.gen(function* () {
      const disks = [210, 199, 49].map((mebibytes, index) => ({
        mount: `/disk${index}`,
        totalBytes: 20_000_000_000,
        availableBytes: mebibytes * 1024 * 1024,
      }))
      const { exitCode, named } = yield* checksOf({
        host: Layer.mock(Host)({ metrics: Effect.succeed({ ...FakeHost.metrics, disks }) }),
      })
      assert.strictEqual(exitCode, 1)
      assert.deepStrictEqual(
        named("disk").map(({ outcome }) => outcome),
        ["ok", "warning", "failed"],
      )
    }),
  )

  it.effect("judges package managers by their health", () =>
    Effect.gen(function* () {
      const sound = { faults: [], locks: [], indexes: [] }
      const error = (reason: ManagerError["reason"]) =>
        new ManagerError({ manager: "apt", operation: "health", reason, detail: "" })
      const outcomes = yield* Effect.forEach(
        [
          managers(Effect.succeed(sound), false),
          managers(Effect.succeed({ ...sound, damage: "status is empty" })),
          managers(
            Effect.succeed({
              ...sound,
              faults: [{ manager: "apt", name: "less", state: "half_configured" }],
            }),
          ),
          managers(Effect.fail(error("needs_root"))),
          managers(Effect.fail(error("timed_out"))),
          Layer.mock(PackageManagers)({ detect: Effect.succeed([]) }),
        ],
        (packageManagers) =>
          Effect.map(checksOf({ packageManagers }), ({ named }) => named("package_managers")[0]?.outcome),
      )
      assert.deepStrictEqual(outcomes, ["warning", "failed", "warning", "skipped", "failed", "failed"])
    }),
  )

  it.effect("says Invalid license key when the server refuses it", () =>
    Effect.gen(function* () {
      const { exitCode, named } = yield* checksOf({
        probe: Layer.succeed(ServerProbe, {
          connection: () => Effect.succeed(reached),
          license: () => Effect.fail(new LicenseKeyRefused()),
        }),
      })
      assert.strictEqual(exitCode, 1)
      assert.deepInclude(named("license_key")[0], { outcome: "failed", detail: "Invalid license key" })
    }),
  )

  it.effect("does not blame the key when the server gives no verdict", () =>
    Effect.gen(function* () {
      const failure = new RequestFailed({ code: "server_error", retryable: true, status: 503, detail: "x" })
      const { exitCode, named } = yield* checksOf({
        probe: Layer.succeed(ServerProbe, {
          connection: () => Effect.succeed(reached),
          license: () => Effect.fail(failure),
        }),
      })
      assert.strictEqual(exitCode, 0)
      assert.strictEqual(named("license_key")[0]?.outcome, "warning")
    }),
  )

  it.effect("never sends the key to a server whose identity is in doubt", () =>
    Effect.gen(function* () {
      const { named } = yield* checksOf({
        probe: Layer.succeed(ServerProbe, {
          connection: () =>
            Effect.succeed<ReadonlyArray<SelfCheck>>([
              { name: "pins", outcome: "failed", detail: "no pin matches", remedy: "check for interception" },
            ]),
          license: () => Effect.die("the key was sent"),
        }),
      })
      assert.strictEqual(named("license_key")[0]?.outcome, "skipped")
    }),
  )

  it.effect("survives a check that has a bug", () =>
    Effect.gen(function* () {
      const buggy = yield* checksOf({
        probe: Layer.succeed(ServerProbe, {
          connection: () => Effect.die(new TypeError("x is not a function")),
          license: () => Effect.void,
        }),
      })
      assert.strictEqual(buggy.exitCode, 1)
      assert.include(buggy.named("dns")[0]?.detail, "TypeError: x is not a function")
      assert.strictEqual(buggy.named("disk")[0]?.outcome, "ok")
    }),
  )

  it.effect("prints a line a check and a remedy for each that is not ok", ({ expect }) =>
    Effect.gen(function* () {
      const result = yield* installed({})
      assert.strictEqual(result.exitCode, 0)
      assert.match(result.stdout, /^ok {7}config {12}\S+config\.json is valid\n/)
      expect(
        selftestText(
          [
            ...reached,
            {
              name: "disk",
              outcome: "warning",
              detail: "/boot has 120 MiB free",
              remedy: "free space there",
            },
            { name: "license_key", outcome: "failed", detail: "Invalid license key", remedy: "compare it" },
            { name: "state", outcome: "skipped", detail: "may not be read", remedy: "run this as root" },
          ],
          paint(false),
        ),
      ).toMatchInlineSnapshot(`
        "ok       dns          api.example.org is 192.0.2.1
        ok       tls          TLS 1.3
        ok       clock        agrees
        warning  disk         /boot has 120 MiB free
                              -> free space there
        failed   license_key  Invalid license key
                              -> compare it
        skipped  state        may not be read
                              -> run this as root

        6 checks: 3 ok, 1 warning, 1 failed, 1 skipped"
      `)
    }),
  )

  it.prop("never lets an escape sequence through", [Schema.NonEmptyArray(SelfCheck)], ([checks]) => {
    assert.notMatch(selftestText(checks, paint(false)), /(?!\n)\p{Cc}/u)
  })
})
