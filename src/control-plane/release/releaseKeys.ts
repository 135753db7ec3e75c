import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import { createPrivateKey, type KeyObject } from "node:crypto"
import { makeEd25519Key } from "../tls/certificates.ts"
import { ReleaseFailed } from "./ReleaseFailed.ts"

/**
 * The keys of releases and their files. `root` says who the others are and is needed once in years; `release` says what
 * executables there are; `freshness` only says that this is still the latest word, so that a machine which renews that
 * every week can make no release.
 */
export const releaseKeyFiles = {
  root: "root-key.pem",
  release: "release-key.pem",
  freshness: "freshness-key.pem",
} as const

/** Beside them while the root key changes: agents believe a new one that both have signed. */
export const formerRootKeyFile = "former-root-key.pem"

const keyFiles = { ...releaseKeyFiles, formerRoot: formerRootKeyFile } as const
export type ReleaseRole = keyof typeof keyFiles

const failed = (detail: string) => new ReleaseFailed({ reason: "failed", detail })

/** Makes those of the three keys that the directory does not hold yet; it is made, mode 700, if it is not there. */
export const makeReleaseKeys = Effect.fn("makeReleaseKeys")(
  function* (directory: string) {
    const files = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    yield* files.makeDirectory(directory, { recursive: true, mode: 0o700 })
    for (const name of Object.values(releaseKeyFiles)) {
      const path = paths.join(directory, name)
      if (yield* files.exists(path)) continue
      yield* files.writeFileString(path, makeEd25519Key(), { flag: "wx", mode: 0o600 })
    }
  },
  Effect.mapError(({ reason }) =>
    failed(`the keys cannot be made (${reason._tag}): check --keys, its permissions and the disk`),
  ),
)

/** The key of a role from the directory; undefined where there is no such file. */
export const findReleaseKey = Effect.fn("findReleaseKey")(function* (directory: string, role: ReleaseRole) {
  const files = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const path = paths.join(directory, keyFiles[role])
  const pem = yield* files.readFileString(path).pipe(
    Effect.catchIf(
      ({ reason }) => reason._tag === "NotFound",
      () => Effect.void,
    ),
    Effect.mapError(({ reason }) => failed(`${path} cannot be read (${reason._tag})`)),
  )
  if (pem === undefined) return undefined
  const refused = failed(`${path} holds no Ed25519 private key in PEM (PKCS#8)`)
  return yield* Effect.try({ try: () => createPrivateKey(pem), catch: () => refused }).pipe(
    Effect.filterOrFail(
      (key) => key.asymmetricKeyType === "ed25519",
      () => refused,
    ),
  )
})

/** The key of a role, which must be there. */
export const readReleaseKey = Effect.fnUntraced(function* (directory: string, role: ReleaseRole) {
  const key: KeyObject | undefined = yield* findReleaseKey(directory, role)
  return (
    key ??
    (yield* new ReleaseFailed({
      reason: "noInput",
      detail: `there is no ${keyFiles[role]} in ${directory}: give the directory of \`release init\` as --keys`,
    }))
  )
})
