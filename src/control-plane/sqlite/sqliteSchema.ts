/**
 * The control plane's SQLite schema; `migrations[n]` leads from `user_version` n to n + 1 and is never edited once
 * released. Moments are ISO 8601 in UTC, which sorts as text. Documents are JSON in their wire encoding.
 */
export const migrations: ReadonlyArray<string> = [
  `CREATE TABLE license_keys (
     hash TEXT PRIMARY KEY,
     organization TEXT NOT NULL,
     created_at TEXT NOT NULL,
     revoked_at TEXT
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE operator_tokens (
     hash TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     organization TEXT NOT NULL,
     scopes TEXT NOT NULL,
     created_at TEXT NOT NULL,
     revoked_at TEXT
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE agents (
     agent_id TEXT PRIMARY KEY,
     organization TEXT NOT NULL,
     machine_id TEXT NOT NULL,
     key_id TEXT NOT NULL,
     public_key TEXT NOT NULL,
     enrolled_at TEXT NOT NULL,
     agent_version TEXT NOT NULL,
     facts TEXT NOT NULL,
     facts_version TEXT NOT NULL,
     current_token TEXT NOT NULL,
     previous_token TEXT,
     token_sent_at TEXT,
     clone_suspected INTEGER NOT NULL DEFAULT 0,
     last_beat_at TEXT,
     heartbeats INTEGER NOT NULL DEFAULT 0,
     metrics TEXT,
     reboot TEXT NOT NULL DEFAULT 'unknown',
     running TEXT,
     last_seq INTEGER NOT NULL DEFAULT 0,
     UNIQUE (organization, machine_id, key_id)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX agents_by_key ON agents (organization, key_id);

   CREATE TABLE snapshots (
     agent_id TEXT PRIMARY KEY REFERENCES agents,
     digest TEXT NOT NULL,
     packages TEXT NOT NULL,
     updates TEXT NOT NULL
   ) STRICT;

   CREATE TABLE scans (
     number INTEGER PRIMARY KEY,
     agent_id TEXT NOT NULL REFERENCES agents,
     scan_id TEXT NOT NULL,
     received_at TEXT NOT NULL,
     summary TEXT NOT NULL,
     UNIQUE (agent_id, scan_id)
   ) STRICT;
   CREATE INDEX scans_by_agent ON scans (agent_id, number);

   CREATE TABLE commands (
     command_id TEXT PRIMARY KEY,
     agent_id TEXT NOT NULL REFERENCES agents,
     seq INTEGER NOT NULL,
     command TEXT NOT NULL,
     envelope TEXT NOT NULL,
     queued_at TEXT NOT NULL,
     expires_at TEXT NOT NULL,
     queued_by TEXT NOT NULL,
     delivered_at TEXT,
     finished_at TEXT,
     result TEXT,
     UNIQUE (agent_id, seq)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE stray_results (
     number INTEGER PRIMARY KEY,
     agent_id TEXT NOT NULL REFERENCES agents,
     command_id TEXT NOT NULL,
     received_at TEXT NOT NULL,
     result TEXT NOT NULL,
     UNIQUE (agent_id, command_id)
   ) STRICT;

   CREATE TABLE nonces (
     keyid TEXT NOT NULL,
     nonce TEXT NOT NULL,
     until TEXT NOT NULL,
     PRIMARY KEY (keyid, nonce)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX nonces_by_age ON nonces (until);`,

  `CREATE TABLE reports (
     agent_id TEXT PRIMARY KEY REFERENCES agents,
     name TEXT NOT NULL,
     report TEXT NOT NULL,
     digest TEXT NOT NULL,
     findings TEXT NOT NULL,
     not_evaluated TEXT NOT NULL
   ) STRICT;`,

  `ALTER TABLE agents ADD COLUMN former_agent_id TEXT;`,
]
