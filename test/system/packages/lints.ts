import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { onHost, prepare } from "../lab/machine.ts"
import type { Releases } from "./releases.ts"

const packaging = `${import.meta.dirname}/../../../packaging`

/** No complaint of lintian's that is not overridden, and no override that nothing needs. */
export const lintian = Effect.fnUntraced(function* ({ newer }: Releases["Service"]) {
  const { exitCode, stdout } = yield* onHost([
    "lintian",
    "--allow-root",
    "--fail-on=error,warning",
    "--display-info",
    `${newer.folder}/${newer.deb}`,
  ])
  // The notes are mostly spelling in Node.js; those on overrides say which are of no use any more.
  const said = stdout.split("\n").filter((line) => /^[EW]:|override/.test(line))
  assert.deepStrictEqual({ exitCode, said }, { exitCode: 0, said: [] })
})

export const rpmlint = Effect.fnUntraced(function* ({ newer }: Releases["Service"]) {
  const { exitCode, stdout } = yield* onHost([
    "rpmlint",
    "--config",
    `${packaging}/rpm/rpmlint.toml`,
    `${newer.folder}/${newer.rpm}`,
  ])
  assert.strictEqual(exitCode, 0, stdout)
  assert.match(stdout, /0 errors, 0 warnings/)
})

/** Debian's own test of installation, removal and purging. In memory, because it copies the whole root. */
export const piuparts = Effect.fnUntraced(function* ({ newer }: Releases["Service"]) {
  const root = yield* prepare("bookworm-service")
  const script = `t=$(mktemp -d); mount -t tmpfs -o mode=1777,size=3g tmpfs "$t"
    piuparts --tmpdir "$t" --existing-chroot "$1" --keep-sources-list --no-eatmydata --no-upgrade-test "$2"
    umount "$t"; rmdir "$t"`
  const { exitCode, stdout } = yield* onHost([
    "unshare",
    "--mount",
    "sh",
    "-euc",
    script,
    "sh",
    root,
    `${newer.folder}/${newer.deb}`,
  ])
  assert.strictEqual(exitCode, 0, stdout.slice(-4000))
  assert.match(stdout, /PASS: All tests\./)
})

export const shellcheck = Effect.fnUntraced(function* ({ newer }: Releases["Service"]) {
  const scripts = [`${newer.folder}/install.sh`, `${packaging}/install/uninstall.sh`, `${packaging}/host.sh`]
  const openrc = `${packaging}/openrc/patchctl`
  const deb = ["preinst", "postinst", "prerm", "postrm"].map((name) => `${packaging}/deb/${name}`)
  const { exitCode, stdout } = yield* onHost(["shellcheck", ...scripts, openrc, ...deb])
  assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 0, stdout: "" })
})
