import * as Layer from "effect/Layer"
import { Database } from "../../store/Database.ts"
import * as SqliteAgents from "./sqliteAgents.ts"
import * as SqliteCommands from "./sqliteCommands.ts"
import * as SqliteCredentials from "./sqliteCredentials.ts"
import * as SqliteNonces from "./sqliteNonces.ts"
import * as SqliteScans from "./sqliteScans.ts"
import { migrations } from "./sqliteSchema.ts"

/** The whole persistence contract in one SQLite file. */
export const layer = (path: string) =>
  Layer.mergeAll(
    SqliteAgents.layer,
    SqliteCommands.layer,
    SqliteCredentials.layer,
    SqliteNonces.layer,
    SqliteScans.layer,
  ).pipe(Layer.provide(Database.layer(path, migrations)))
