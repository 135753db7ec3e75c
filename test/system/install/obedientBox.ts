import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommandResult } from "../../../src/domain/Command.ts"
import { ExecutorEvent } from "../../../src/protocol/ExecutorMessages.ts"
import { claims, makeSigner } from "../../fakes/CommandSigning.ts"
import { eventually } from "../../eventually.ts"
import * as Box from "../lab/Box.ts"

// A throw-away machine whose executor obeys a new signer, and a package of which an update can be stopped midway.

const decodeEvent = Schema.decodeUnknownOption(Schema.fromJsonString(ExecutorEvent))
const encodeRequest = Schema.encodeEffect(Schema.fromJsonString(Schema.Unknown))

export const configPath = "/etc/patchctl/config.json"
export const executorDirectory = "/var/lib/patchctl-executor"

export const lastEvent = (stdout: string) =>
  stdout
    .split("\n")
    .flatMap((line) => Option.toArray(decodeEvent(line)))
    .find(({ kind }) => kind !== "progress")

export const resultIn = (stdout: string): CommandResult => {
  const event = lastEvent(stdout)
  return event?.kind === "result" ? event.result : assert.fail(stdout)
}

export const reportOf = (result: CommandResult) =>
  result.output?.command === "install_updates" ? result.output.report : assert.fail(JSON.stringify(result))

export const outcomes = (result: CommandResult) =>
  Object.fromEntries(reportOf(result).outcomes.map(({ name, outcome }) => [name, outcome]))

export const makeObedientBox = Effect.fnUntraced(function* (root: string, configuration: object = {}) {
  const box = yield* Box.make(root)
  const signer = yield* makeSigner
  yield* box.run(["mkdir", "-p", "/etc/patchctl", "/run/patchctl"])
  const settings = { license_key: "pk_live_0123456789abcdef", quiet_period_seconds: 0, ...configuration }
  yield* box.writeFile(configPath, JSON.stringify(settings), "600")
  const pin = yield* encodeRequest({ kind: "pin", anchor: signer.anchor })
  const pinned = yield* box.agent(["execute"], { stdin: `${pin}\n` })
  assert.strictEqual(lastEvent(pinned.stdout)?.kind, "pinned", pinned.stdout + pinned.stderr)
  const now = Math.floor((yield* Effect.clockWith((clock) => clock.currentTimeMillis)) / 1000)

  /** The request line of an installation; the counter rises with `seq`. */
  const installation = Effect.fnUntraced(function* (seq: number, parameters: object) {
    const command = { name: "install_updates", parameters }
    const envelope = yield* signer.seal(claims(seq, command, { iat: now, nbf: now, exp: now + 3600 }))
    return `${yield* encodeRequest({ kind: "command", envelope })}\n`
  })
  const execute = (stdin: string) => box.agent(["execute"], { stdin, timeout: "150 seconds" })
  return { box, installation, execute }
})

export const wanted = (...packages: ReadonlyArray<readonly [name: string, version: string]>) => ({
  selection: { kind: "packages", packages: packages.map(([name, version]) => ({ name, version })) },
})

const reached = "/run/lab-slow.reached"
const released = "/run/lab-slow.released"

/** An update to innocent3 1.2-1 that stops while it is unpacked, talking all the time, until it is told to go on. */
const preinst = `#!/bin/sh
echo $$ >${reached}
while [ ! -e ${released} ]; do echo "still unpacking"; echo "and complaining" >&2; sleep 0.2; done
`
const control = `Package: innocent3
Version: 1.2-1
Architecture: all
Maintainer: Lab <lab@example.invalid>
Description: awkward package of the lab
`

export const publishSlowUpdate = Effect.fnUntraced(function* (box: Box.Box) {
  yield* box.writeFile("/srv/slow/DEBIAN/control", control)
  yield* box.writeFile("/srv/slow/DEBIAN/preinst", preinst, "755")
  const built = yield* box.run([
    "dpkg-deb",
    "-Zgzip",
    "--build",
    "/srv/slow",
    "/srv/lab/pool/updates/innocent3_1.2-1.deb",
  ])
  assert.strictEqual(built.exitCode, 0, built.stderr)
  yield* Box.publish(box)
  const updated = yield* box.run(["apt-get", "update"])
  assert.strictEqual(updated.exitCode, 0, updated.stderr)
})

/** Waits until the update is being unpacked. */
export const stopsMidway = (box: Box.Box) =>
  eventually("the update is being unpacked", box.exists(reached), (there) => there, "120 seconds")

/** Lets it go on, and waits until apt has ended. */
export const goOn = Effect.fnUntraced(function* (box: Box.Box) {
  yield* box.writeFile(released, "")
  yield* eventually(
    "apt has ended",
    processes(box),
    (found) => !/^apt-get |^dpkg /m.test(found),
    "120 seconds",
  )
})

/** The command lines of everything that runs in the box. */
export const processes = (box: Box.Box) =>
  box
    .run(["bash", "-c", "for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f; echo; done 2>/dev/null"])
    .pipe(Effect.map(({ stdout }) => stdout))
