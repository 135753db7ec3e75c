import { auditChainSchema } from "./auditChain.ts"

/** The executor's SQLite schema, one entry per `user_version`. */
export const ledgerMigrations: ReadonlyArray<string> = [
  `CREATE TABLE commands (
     id TEXT PRIMARY KEY,
     seq INTEGER NOT NULL,
     name TEXT NOT NULL,
     started_at INTEGER NOT NULL,
     executor TEXT NOT NULL,
     result TEXT
   ) STRICT;
   CREATE TABLE audit (
     line INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     id TEXT NOT NULL,
     name TEXT NOT NULL,
     issuer TEXT NOT NULL,
     event TEXT NOT NULL,
     outcome TEXT NOT NULL
   ) STRICT;
   CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
   CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;`,
  `ALTER TABLE commands ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
   ALTER TABLE commands ADD COLUMN plan TEXT;
   ALTER TABLE commands ADD COLUMN restart_boot_id TEXT;
   ALTER TABLE commands ADD COLUMN restart_at INTEGER;
   ALTER TABLE commands ADD COLUMN restart_result TEXT;
   CREATE TABLE memory (
     only INTEGER PRIMARY KEY CHECK (only = 1),
     highest_seq INTEGER NOT NULL,
     latest INTEGER NOT NULL,
     signed_after INTEGER NOT NULL
   ) STRICT;
   INSERT INTO memory SELECT 1, MAX(seq), MAX(started_at), 0 FROM commands HAVING COUNT(*) > 0;
   ${auditChainSchema}`,
  // What was counted before under no name stays a floor for every audience. `memory.highest_seq` goes on as the highest of all,
  // for a version before this one that comes back.
  `CREATE TABLE counters (
     audience TEXT PRIMARY KEY,
     highest_seq INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   INSERT INTO counters SELECT '', highest_seq FROM memory;`,
]
