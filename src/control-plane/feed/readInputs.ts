import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { PlatformError } from "effect/PlatformError"
import { FeedBuildFailed } from "./FeedBuildFailed.ts"
import { OsvRecord } from "./OsvRecord.ts"

/** Something in a file that was to be a record. */
export type Found =
  | { readonly place: string; readonly record: OsvRecord }
  | { readonly place: string; readonly problem: string }

const decodeRecord = Schema.decodeUnknownEffect(OsvRecord)
const decodeJson = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

/** The first words of a complaint; the value it is about stays out. */
const problemOf = (error: Schema.SchemaError): string =>
  error.message.split("\n").slice(0, 2).join(" ").slice(0, 200)

const foundIn = (place: string, value: unknown): Effect.Effect<Found> =>
  decodeRecord(value).pipe(
    Effect.map((record): Found => ({ place, record })),
    Effect.catch((error) => Effect.succeed<Found>({ place, problem: problemOf(error) })),
  )

/** One JSON text: a record, or an array of records. */
const foundInText = (place: string, text: string): Stream.Stream<Found> =>
  Stream.fromIterableEffect(
    decodeJson(text).pipe(
      Effect.flatMap((value) =>
        Array.isArray(value)
          ? Effect.forEach(value, (item: unknown, index) => foundIn(`${place}[${index}]`, item))
          : Effect.map(foundIn(place, value), (found) => [found]),
      ),
      Effect.catch((error) => Effect.succeed<ReadonlyArray<Found>>([{ place, problem: problemOf(error) }])),
    ),
  )

const isMissing = (error: PlatformError) => error.reason._tag === "NotFound"

/** A file or directory that a flag names, when it cannot be read. */
export const unreadable =
  (flag: string, path: string) =>
  (error: PlatformError): FeedBuildFailed =>
    new FeedBuildFailed({
      reason: "noInput",
      detail: isMissing(error)
        ? `there is no ${path}: check ${flag}`
        : `${path} cannot be read (${error.reason._tag}): check ${flag} and the permissions`,
    })

/** Every OSV record in the `.json` and `.jsonl` files below a directory, one file at a time, in order of their paths. */
export const readOsvDirectory = (
  directory: string,
): Stream.Stream<Found, FeedBuildFailed, FileSystem.FileSystem | Path.Path> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const paths = yield* Path.Path
      const names = yield* fs
        .readDirectory(directory, { recursive: true })
        .pipe(Effect.mapError(unreadable("--osv", directory)))
      const files = names.filter((name) => /\.jsonl?$/.test(name)).toSorted()
      return Stream.fromIterable(files).pipe(
        Stream.flatMap((name) => {
          const path = paths.join(directory, name)
          if (!name.endsWith(".jsonl")) {
            return Stream.unwrap(Effect.map(fs.readFileString(path), (text) => foundInText(name, text)))
          }
          return fs.stream(path).pipe(
            Stream.decodeText,
            Stream.splitLines,
            Stream.zipWithIndex,
            Stream.filter(([line]) => line.trim() !== ""),
            Stream.flatMap(([line, index]) => foundInText(`${name}:${index + 1}`, line)),
          )
        }),
        Stream.catch((error) => Stream.fail(unreadable("--osv", directory)(error))),
      )
    }),
  )

/** One JSON document of a known shape, which a flag names. */
export const readDocument = Effect.fnUntraced(function* <A, I>(
  flag: string,
  path: string,
  schema: Schema.Codec<A, I>,
) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(path).pipe(Effect.mapError(unreadable(flag, path)))
  return yield* Schema.decodeEffect(Schema.fromJsonString(schema))(text).pipe(
    Effect.mapError(
      (error) =>
        new FeedBuildFailed({
          reason: "failed",
          detail: `${path} is not what ${flag} expects: ${problemOf(error)}`,
        }),
    ),
  )
})
