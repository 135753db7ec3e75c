import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { onHost, prepare } from "../lab/machine.ts"
import type { Releases } from "./releases.ts"

const enabled =
  "./multi-user.target.wants/patchctl.service ./sockets.target.wants/patchctl-executor.socket ./sockets.target.wants/patchctl-installer.socket "

/** Files, modes, scriptlets, upgrade and removal; no systemd runs there. */
export const lifeOfRpm = Effect.fnUntraced(function* ({ older, newer }: Releases["Service"]) {
  const root = yield* prepare("bookworm-service")
  const { exitCode, stdout, stderr } = yield* onHost([
    "unshare",
    "--mount",
    "bash",
    `${import.meta.dirname}/rpmRoot.sh`,
    root,
    `${older.folder}/${older.rpm}`,
    `${newer.folder}/${newer.rpm}`,
  ])
  assert.strictEqual(exitCode, 0, stdout + stderr)
  assert.deepStrictEqual(stdout.trim().split("\n"), [
    "install: PatchCTL agent is installed and not running.",
    "Put your licence key into /etc/patchctl/config.json, then: systemctl enable --now patchctl",
    "modes: /etc/patchctl/config.json 600",
    "/opt/patchctl/bin/patchctl-agent 755",
    "log: patchctl:patchctl",
    `version: patchctl v${older.version}`,
    "enabled without a key: ",
    "verify: ",
    "upgrade: ",
    `version: patchctl v${newer.version}`,
    'config: {"license_key": "pk_live_0123456789"}',
    "enabled by an upgrade: ",
    "erase: ",
    "left: etc/patchctl/config.json",
    "install with a key: ",
    `enabled with a key: ${enabled}`,
    "erase: ",
    "enabled: ",
    "difference:",
  ])
})
