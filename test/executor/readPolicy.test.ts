import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { Environment } from "../../src/config/Environment.ts"
import { decodePolicy } from "../../src/executor/decodePolicy.ts"
import { HostPolicy } from "../../src/executor/HostPolicy.ts"
import { readPolicy } from "../../src/executor/readPolicy.ts"

const user = process.getuid?.() ?? 0

const faultOf = (text: string) => Result.getOrElse(Result.flip(decodePolicy(text)), () => "")

describe("a policy", () => {
  it.each([
    ["{}"],
    ['{"commands": [], "exclude": ["linux-*"], "security_only": true}'],
    [
      '{"install_windows": [{"from": "22:00", "to": "04:00"}, {"days": ["sat", "sun"], "from": "00:00", "to": "00:00"}]}',
    ],
  ])("is understood: %s", (text) => {
    assert.strictEqual(faultOf(text), "")
  })

  it.each([
    ["", /is not JSON from line 1, column 1/],
    ["[]", /does not hold a JSON object/],
    ['{"commands": ["reboot"]}', /commands\[0\] does not fit: give a list of check_updates/],
    ['{"command": ["check_updates"]}', /command is no key of a policy; there are commands, install_windows/],
    ['{"reboot_allowed": "no"}', /reboot_allowed does not fit: give true or false/],
    ['{"install_windows": []}', /install_windows/],
    ['{"install_windows": [{"from": "22:00", "to": "24:00"}]}', /install_windows\[0\]\.to does not fit/],
    ['{"install_windows": [{"from": "22:00", "to": "23:00", "zone": "UTC"}]}', /install_windows\[0\]\.zone/],
    [
      '{"install_windows": [{"days": ["monday"], "from": "22:00", "to": "23:00"}]}',
      /install_windows\[0\]\.days/,
    ],
    ['{"exclude": ["-o"]}', /exclude\[0\] does not fit/],
    ['{"exclude": ["linux-*"], "exclude": []}', /has a key more than once/],
    ['{"security_only": true, "security\\u005fonly": false}', /has a key more than once/],
    [`{"exclude": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`, /nested more than/],
    ['{"__proto__": {"security_only": true}}', /__proto__ is no key/],
    ['{"security_only": null}', /security_only does not fit/],
  ])("is refused as a whole, with its fault: %s", (text, fault) => {
    assert.match(faultOf(text), fault)
  })
})

describe("policy.json", () => {
  const inFile = <A, E>(
    use: (path: string, files: FileSystem.FileSystem) => Effect.Effect<A, E, FileSystem.FileSystem>,
  ) =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      return yield* use(`${yield* files.makeTempDirectoryScoped()}/policy.json`, files)
    }).pipe(Effect.provide(NodeFileSystem.layer))

  const faultIn = (path: string, as = user) =>
    Effect.map(readPolicy(path, as), (policy) => Result.getOrElse(Result.flip(policy), () => ""))

  it.effect("forbids nothing when it does not exist", () =>
    inFile((path) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* readPolicy(path, user), Result.succeed({}))
      }),
    ),
  )

  it.effect("is not believed when others could have written it", () =>
    inFile((path, files) =>
      Effect.gen(function* () {
        yield* files.writeFileString(path, "{}", { mode: 0o644 })
        assert.strictEqual(yield* faultIn(path), "")
        yield* files.chmod(path, 0o664)
        assert.match(yield* faultIn(path), /policy\.json cannot be used: it has mode 664/)
        yield* files.chmod(path, 0o644)
        if (user === 0) {
          yield* files.chown(path, 4321, 4321)
          assert.match(yield* faultIn(path), /belongs to user 4321/)
        } else {
          assert.match(yield* faultIn(path, user + 1), /belongs to user/)
        }
      }),
    ),
  )

  it.effect("is a fault when it is there and cannot be reached", () =>
    inFile((path, files) =>
      Effect.gen(function* () {
        yield* files.symlink(path, path)
        assert.match(yield* faultIn(path), /policy\.json cannot be read/)
      }),
    ),
  )

  it.effect("is read anew for each command", () =>
    inFile((path, files) =>
      Effect.gen(function* () {
        const { read } = yield* Effect.provide(HostPolicy, HostPolicy.layer(path))
        assert.deepStrictEqual(yield* read, Result.succeed({}))
        yield* files.writeFileString(path, '{"security_only": true}', { mode: 0o644 })
        assert.deepStrictEqual(yield* read, Result.succeed({ security_only: true }))
      }).pipe(Effect.provide(Environment.layer)),
    ),
  )

  it.effect("is a fault when it is a directory, too large, or no UTF-8", () =>
    inFile((path, files) =>
      Effect.gen(function* () {
        yield* files.makeDirectory(path)
        assert.match(yield* faultIn(path), /not a regular file/)
        yield* files.remove(path, { recursive: true })
        yield* files.writeFileString(path, `{}${" ".repeat(70_000)}`, { mode: 0o644 })
        assert.match(yield* faultIn(path), /larger than/)
        yield* files.writeFile(path, new Uint8Array([0x7b, 0xff, 0x7d]))
        assert.match(yield* faultIn(path), /not UTF-8/)
      }),
    ),
  )
})
