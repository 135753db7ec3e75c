import { Metadata, MetadataKind, type Root, type Targets } from "@tufjs/models"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { isReleaseMetadata } from "../../protocol/releaseFiles.ts"
import { ReleaseFailed } from "./ReleaseFailed.ts"

/** What a directory of releases holds. The signatures are for agents to check. */
export interface ReleaseRepository {
  readonly root: Root
  readonly targets: Targets
  readonly snapshotVersion: number
  readonly timestampVersion: number
}

const JsonObject = Schema.Record(Schema.String, Schema.MutableJson)
type JsonObject = typeof JsonObject.Type
const decodeJson = Schema.decodeUnknownEffect(Schema.fromJsonString(JsonObject))

/** Reads what is published. */
export const readReleases = Effect.fn("readReleases")(function* (directory: string) {
  const files = yield* FileSystem.FileSystem
  const paths = yield* Path.Path

  const load = <A>(name: string, parse: (json: JsonObject) => A) => {
    const path = paths.join(directory, name)
    const damaged = new ReleaseFailed({
      reason: "failed",
      detail: `${path} is missing or damaged: restore the directory from a copy; agents refuse releases that begin anew`,
    })
    return files.readFileString(path).pipe(
      Effect.flatMap(decodeJson),
      Effect.mapError(() => damaged),
      Effect.flatMap((json) => Effect.try({ try: () => parse(json), catch: () => damaged })),
    )
  }

  const names = yield* Effect.orElseSucceed(files.readDirectory(directory), (): ReadonlyArray<string> => [])
  const roots = names
    .filter((name) => isReleaseMetadata(name) && name.endsWith(".root.json"))
    .map((name) => Number.parseInt(name, 10))
  if (!names.includes("timestamp.json") || roots.length === 0) {
    return yield* new ReleaseFailed({
      reason: "noInput",
      detail: `${directory} holds no releases: make it by \`release init\`, or give another --out`,
    })
  }
  const timestamp = yield* load("timestamp.json", (json) => Metadata.fromJSON(MetadataKind.Timestamp, json))
  const snapshotVersion = timestamp.signed.snapshotMeta.version
  const snapshot = yield* load(`${snapshotVersion}.snapshot.json`, (json) =>
    Metadata.fromJSON(MetadataKind.Snapshot, json),
  )
  const targetsVersion = snapshot.signed.meta["targets.json"]?.version ?? 0
  const targets = yield* load(`${targetsVersion}.targets.json`, (json) =>
    Metadata.fromJSON(MetadataKind.Targets, json),
  )
  const root = yield* load(`${Math.max(...roots)}.root.json`, (json) =>
    Metadata.fromJSON(MetadataKind.Root, json),
  )
  const repository: ReleaseRepository = {
    root: root.signed,
    targets: targets.signed,
    snapshotVersion,
    timestampVersion: timestamp.signed.version,
  }
  return repository
})
