import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { generateKeyPairSync } from "node:crypto"
import { publishFeed } from "../../src/control-plane/feed/publishFeed.ts"
import { InstalledPackage } from "../../src/domain/Package.ts"
import type { SyntheticHost } from "./syntheticFeed.ts"

const encodePackages = Schema.encodeEffect(Schema.fromJsonString(Schema.Array(InstalledPackage)))

const inventoryFile = (packages: ReadonlyArray<InstalledPackage>): string =>
  [
    "name\tversion\tarch\tsource\tsource_version\tmodule",
    ...packages.map(({ name, version, architecture, source = "", sourceVersion = "", module = "" }) =>
      [name, version, architecture, source, sourceVersion, module].join("\t"),
    ),
    "",
  ].join("\n")

/** A host whose feed is published as the control plane publishes one, with its inventory in files beside it. */
export interface PublishedHost extends SyntheticHost {
  /** Holds `feed/` with the publication, `packages.json` and `inventory.tsv`. */
  readonly folder: string
  readonly feedFile: string
  readonly rawBytes: number
  readonly packedBytes: number
}

/** Writes all that this project needs to judge a host; gone with the scope. */
export const publishHost = Effect.fnUntraced(function* (host: SyntheticHost) {
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectoryScoped({ prefix: "patchctl-bench-" })
  const { privateKey } = generateKeyPairSync("ed25519")
  const publishable = { body: host.feed, about: host.feed.header }
  const { entry } = yield* publishFeed(`${folder}/feed`, publishable, { key: privateKey, days: 7 })
  yield* Effect.flatMap(encodePackages(host.packages), (json) =>
    files.writeFileString(`${folder}/packages.json`, json),
  )
  yield* files.writeFileString(`${folder}/inventory.tsv`, inventoryFile(host.packages))
  const published: PublishedHost = {
    ...host,
    folder,
    feedFile: `${folder}/feed/${entry.file}`,
    rawBytes: entry.rawBytes,
    packedBytes: entry.bytes,
  }
  return published
})
