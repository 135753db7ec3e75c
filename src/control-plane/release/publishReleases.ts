import { MetaFile, Root, Snapshot, Targets, Timestamp } from "@tufjs/models"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { KeyObject } from "node:crypto"
import { writeWhole } from "../data/writeWhole.ts"
import { ReleaseFailed } from "./ReleaseFailed.ts"
import {
  findReleaseKey,
  formerRootKeyFile,
  makeReleaseKeys,
  readReleaseKey,
  releaseKeyFiles,
} from "./releaseKeys.ts"
import { readReleases, type ReleaseRepository } from "./ReleaseRepository.ts"
import { described, type Document, expiryText, signed, specVersion, tufKey } from "./signedMetadata.ts"

/** How long the keys and the list of executables are good for. What is renewed often is the freshness. */
const rootDays = 5 * 366
const targetsDays = 366

/** Where releases are published and what signs them. */
export interface Publication {
  readonly directory: string
  readonly keys: string
  /** Until agents take no update from this any more. */
  readonly days: number
}

/** What agents are told now. */
export interface PublishedState {
  readonly version: number
  readonly expires: DateTime.Utc
  /** Whether the keys were published anew. */
  readonly rootVersion: number
}

const failed = (detail: string) => new ReleaseFailed({ reason: "failed", detail })

const expiry = (days: number) => Effect.map(DateTime.now, (now) => DateTime.addDuration(now, { days }))

const makeRoot = (
  version: number,
  expires: DateTime.Utc,
  keys: Readonly<Record<"root" | "release" | "freshness", KeyObject>>,
) => {
  const root = new Root({ specVersion, version, expires: expiryText(expires), consistentSnapshot: true })
  root.addKey(tufKey(keys.root), "root")
  root.addKey(tufKey(keys.release), "targets")
  root.addKey(tufKey(keys.freshness), "snapshot")
  root.addKey(tufKey(keys.freshness), "timestamp")
  return root
}

const signs = (root: Root, role: string, key: KeyObject): boolean =>
  root.roles[role]?.keyIDs.includes(tufKey(key).keyID) === true

/** Writes what makes the next state; renaming timestamp.json is the moment of change. */
const write = Effect.fnUntraced(function* (
  { directory, days }: Publication,
  freshness: KeyObject,
  targets: Document,
  versions: { readonly snapshot: number; readonly timestamp: number },
) {
  const paths = yield* Path.Path
  const expires = yield* expiry(days)
  const common = { specVersion, expires: expiryText(expires) }
  const snapshot = signed(
    new Snapshot({
      ...common,
      version: versions.snapshot,
      meta: { "targets.json": new MetaFile(described(targets)) },
    }),
    [freshness],
  )
  const timestamp = signed(
    new Timestamp({
      ...common,
      version: versions.timestamp,
      snapshotMeta: new MetaFile(described(snapshot)),
    }),
    [freshness],
  )
  yield* writeWhole(paths.join(directory, `${targets.version}.targets.json`), targets.bytes)
  yield* writeWhole(paths.join(directory, `${snapshot.version}.snapshot.json`), snapshot.bytes)
  yield* writeWhole(paths.join(directory, "timestamp.json"), timestamp.bytes)
  return { version: timestamp.version, expires }
})

/** Begins a repository: keys where there are none yet, and no executable. */
export const createReleases = Effect.fn("createReleases")(function* (publication: Publication) {
  const files = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const { directory, keys: keyDirectory } = publication
  if (yield* files.exists(paths.join(directory, "timestamp.json"))) {
    return yield* failed(`${directory} holds releases already; agents would refuse ones that begin anew`)
  }
  yield* makeReleaseKeys(keyDirectory)
  const keys = {
    root: yield* readReleaseKey(keyDirectory, "root"),
    release: yield* readReleaseKey(keyDirectory, "release"),
    freshness: yield* readReleaseKey(keyDirectory, "freshness"),
  }
  yield* files.makeDirectory(paths.join(directory, "targets"), { recursive: true })
  const root = signed(makeRoot(1, yield* expiry(rootDays), keys), [keys.root])
  yield* writeWhole(paths.join(directory, "1.root.json"), root.bytes)
  const targets = new Targets({ specVersion, version: 1, expires: expiryText(yield* expiry(targetsDays)) })
  const written = yield* write(publication, keys.freshness, signed(targets, [keys.release]), {
    snapshot: 1,
    timestamp: 1,
  })
  const state: PublishedState = { ...written, rootVersion: 1 }
  return state
})

/**
 * The root that names the keys of today. Where the root key is at hand, and a key was put in place of an old one or half of
 * the root's time is over, the next root is published.
 */
const currentRoot = Effect.fnUntraced(function* (
  { directory, keys: from }: Publication,
  { root }: ReleaseRepository,
) {
  const key = yield* findReleaseKey(from, "root")
  if (key === undefined) return root
  const release = yield* readReleaseKey(from, "release")
  const freshness = yield* readReleaseKey(from, "freshness")
  const now = yield* DateTime.now
  const young =
    DateTime.Order(DateTime.addDuration(now, { days: rootDays / 2 }), DateTime.makeUnsafe(root.expires)) < 0
  const isTrusted = signs(root, "root", key)
  if (isTrusted && young && signs(root, "targets", release) && signs(root, "timestamp", freshness))
    return root
  const former = isTrusted ? undefined : yield* findReleaseKey(from, "formerRoot")
  if (!isTrusted && (former === undefined || !signs(root, "root", former))) {
    return yield* failed(
      `${releaseKeyFiles.root} in ${from} is not the root key that agents trust: to change that key, put the one before beside it as ${formerRootKeyFile}`,
    )
  }
  const paths = yield* Path.Path
  const next = makeRoot(root.version + 1, yield* expiry(rootDays), { root: key, release, freshness })
  // Agents go from the root they have to the next one, which must have the signatures of both (specification, 5.3.4).
  const signers = former === undefined ? [key] : [former, key]
  yield* writeWhole(paths.join(directory, `${next.version}.root.json`), signed(next, signers).bytes)
  return next
})

/** Metadata before the last ones, which an agent may be reading just now. Every root stays: agents go from one to the next. */
const removeOld = Effect.fnUntraced(function* (directory: string, current: Targets, snapshotVersion: number) {
  const files = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const newest: Readonly<Record<string, number>> = { targets: current.version, snapshot: snapshotVersion }
  const old = (yield* files.readDirectory(directory)).filter((name) => {
    const [, version, kind = ""] = /^(\d+)\.(targets|snapshot)\.json$/.exec(name) ?? []
    return version !== undefined && Number(version) < (newest[kind] ?? 0) - 1
  })
  const named = new Set(
    Object.values(current.targets).map(({ path, hashes }) => `${hashes["sha256"]}.${path}`),
  )
  const unnamed = (yield* files.readDirectory(paths.join(directory, "targets"))).filter(
    (name) => !named.has(name),
  )
  yield* Effect.forEach(
    [...old, ...unnamed.map((name) => paths.join("targets", name))],
    (name) => files.remove(paths.join(directory, name)),
    { discard: true },
  )
})

/**
 * Publishes the next state: with a changed list of executables, or the same, renewed as far as there are keys for it.
 * `change` puts the files in place that it names.
 */
export const publishReleases = Effect.fn("publishReleases")(function* <E = never, R = never>(
  publication: Publication,
  change?: (targets: Targets) => Effect.Effect<void, E, R>,
) {
  const files = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const { directory, keys: from } = publication
  const repository = yield* readReleases(directory)
  const freshness = yield* readReleaseKey(from, "freshness")
  const release =
    change === undefined ? yield* findReleaseKey(from, "release") : yield* readReleaseKey(from, "release")
  const root = yield* currentRoot(publication, repository)
  if (!signs(root, "timestamp", freshness) || (release !== undefined && !signs(root, "targets", release))) {
    return yield* failed(
      `agents do not trust the keys in ${from}: they belong to another directory of releases`,
    )
  }

  const { targets, snapshotVersion, timestampVersion } = repository
  const next = new Targets({
    specVersion,
    version: targets.version + (release === undefined ? 0 : 1),
    expires: expiryText(yield* expiry(targetsDays)),
    targets: { ...targets.targets },
  })
  if (change !== undefined) yield* change(next)
  const document =
    release === undefined
      ? {
          version: targets.version,
          bytes: Buffer.from(yield* files.readFile(paths.join(directory, `${targets.version}.targets.json`))),
        }
      : signed(next, [release])
  const written = yield* write(publication, freshness, document, {
    snapshot: snapshotVersion + 1,
    timestamp: timestampVersion + 1,
  })
  yield* removeOld(directory, next, snapshotVersion + 1)
  const state: PublishedState = { ...written, rootVersion: root.version }
  return state
})
