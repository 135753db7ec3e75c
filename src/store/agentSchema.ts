/**
 * The daemon's SQLite schema, one entry per `user_version`. Never edit an entry that has been released: add one.
 * Bodies are JSON as the wire encodes it.
 */
export const agentMigrations: ReadonlyArray<string> = [
  `CREATE TABLE identity (
     only INTEGER PRIMARY KEY CHECK (only = 1),
     private_key TEXT NOT NULL,
     agent_id TEXT,
     exchange_token TEXT
   ) STRICT;
   CREATE TABLE outbox (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     command_id TEXT NOT NULL UNIQUE,
     body TEXT NOT NULL,
     added_at INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
   CREATE TABLE snapshots (
     name TEXT PRIMARY KEY CHECK (name IN ('pending', 'acknowledged')),
     head TEXT NOT NULL,
     body TEXT NOT NULL
   ) STRICT;`,
]
