// Version 1 of the file. Never edited once it is out: what changes later is another migration.
//
// The journal is the truth, everything else but blobs follows from it. Its rows are kept in the order of writing: that
// is the order in which others hear of them, and it makes an append touch the end of the file only.

export const sql = `
CREATE TABLE journal (
  position INTEGER PRIMARY KEY,
  shard    INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  -- The position of the journal's row before this one; 0 if this is its first. Journals are read along it, from their
  -- last row on: an index would make each row dirty a page of its own.
  previous INTEGER NOT NULL,
  entries  TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
  number     INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  flow       TEXT,
  status     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at   INTEGER,
  total      INTEGER NOT NULL,
  success    INTEGER NOT NULL,
  skipped    INTEGER NOT NULL,
  failed     INTEGER NOT NULL,
  cancelled  INTEGER NOT NULL,
  -- What the row repeats of the run's options: labels, origin, trigger.
  facts      TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_status ON runs (status, number);
CREATE INDEX runs_by_flow ON runs (flow, number) WHERE flow IS NOT NULL;

CREATE TABLE items (
  run     INTEGER NOT NULL,
  item    INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (run, item)
) STRICT, WITHOUT ROWID;

-- A row for each journal.
CREATE TABLE shards (
  number  INTEGER PRIMARY KEY,
  journal TEXT NOT NULL UNIQUE,
  run     TEXT NOT NULL,
  items   INTEGER NOT NULL,
  done    INTEGER NOT NULL DEFAULT 0,
  -- Who has it in hand; nobody if it waits for a wake.
  driver  TEXT,
  is_open INTEGER NOT NULL DEFAULT 1,
  -- How many rows the journal has, and the position of its last one. The fence: of two writers who saw the same end of
  -- a journal, one fails.
  rows    INTEGER NOT NULL DEFAULT 0,
  last    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX open_shards_by_driver ON shards (driver) WHERE is_open = 1;

CREATE TABLE wakes (
  journal TEXT NOT NULL UNIQUE,
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX wakes_by_time ON wakes (at);

CREATE TABLE drivers (
  id      TEXT PRIMARY KEY,
  pid     INTEGER NOT NULL,
  host    TEXT NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Outputs that later calls may use.
CREATE TABLE cached (
  key     TEXT PRIMARY KEY,
  until   INTEGER,
  outcome TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
  id      TEXT NOT NULL UNIQUE,
  kind    TEXT NOT NULL,
  put_at  INTEGER NOT NULL,
  content ANY NOT NULL
) STRICT;

-- The highest position that a removed row may have had: positions are not used twice.
CREATE TABLE marks (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO marks VALUES ('position', 0);
`
