// Version 3 of the file. Never edited once it is out.
//
// A small run touches few pages. The row of its own journal (RUN/0) is part of the run's row, and so is the result of a run
// of one item. The number of a journal follows from that of its run, so that no index by name is needed: run * 4194304 +
// the journal's own. How far a journal that is open reaches is written down from time to time only, see `NEWEST` in
// journal-names.ts. Of the runs, those that are under way and those that went wrong are found by an index.

export const sql = `
ALTER TABLE runs ADD COLUMN head_first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_items INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_begins INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_driver TEXT;
ALTER TABLE runs ADD COLUMN head_open INTEGER NOT NULL DEFAULT 0;
-- 0: the run's own journal is not there yet.
ALTER TABLE runs ADD COLUMN head_rows INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_last INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_success INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_skipped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_cancelled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_recovered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_running INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_waiting INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN head_error TEXT;
-- Has not ended, or its own journal has not.
ALTER TABLE runs ADD COLUMN is_live INTEGER NOT NULL DEFAULT 0;
-- Of the only item of its own journal.
ALTER TABLE runs ADD COLUMN outcome TEXT;

UPDATE runs SET head_first = first, head_items = items, head_begins = begins, head_driver = driver, head_open = is_open,
  head_rows = rows, head_last = last, head_success = head.success, head_skipped = head.skipped,
  head_failed = head.failed, head_cancelled = head.cancelled, head_recovered = head.recovered,
  head_running = running, head_waiting = waiting, head_error = head.error
  FROM (SELECT * FROM shards WHERE journal = run || '/0') AS head WHERE head.run = runs.id;
UPDATE runs SET is_live = (ended_at IS NULL OR head_open);
DROP INDEX runs_by_status;
CREATE INDEX runs_that_went_wrong ON runs (status, number) WHERE status IN ('failed', 'cancelled');
CREATE INDEX live_runs ON runs (head_driver) WHERE is_live = 1;

CREATE TEMP TABLE renumbered AS
  SELECT shards.number AS old, runs.number * 4194304 + CAST(substr(shards.journal, length(shards.run) + 2) AS INTEGER) AS new
  FROM shards JOIN runs ON runs.id = shards.run;
CREATE UNIQUE INDEX renumbered_by_old ON renumbered (old);
UPDATE journal SET shard = new FROM renumbered WHERE old = shard;

-- A row for each journal but the runs' own.
CREATE TABLE new_shards (
  number    INTEGER PRIMARY KEY,
  first     INTEGER NOT NULL,
  items     INTEGER NOT NULL,
  begins    INTEGER NOT NULL DEFAULT 0,
  driver    TEXT,
  is_open   INTEGER NOT NULL DEFAULT 1,
  rows      INTEGER NOT NULL DEFAULT 0,
  last      INTEGER NOT NULL DEFAULT 0,
  success   INTEGER NOT NULL DEFAULT 0,
  skipped   INTEGER NOT NULL DEFAULT 0,
  failed    INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  recovered INTEGER NOT NULL DEFAULT 0,
  running   INTEGER NOT NULL DEFAULT 0,
  waiting   INTEGER NOT NULL DEFAULT 0,
  error     TEXT
) STRICT;
INSERT INTO new_shards SELECT new, first, items, begins, driver, is_open, rows, last, success, skipped, failed, cancelled,
  recovered, running, waiting, error FROM shards JOIN renumbered ON old = number WHERE new % 4194304 > 0;
DROP TABLE shards;
DROP TABLE renumbered;
ALTER TABLE new_shards RENAME TO shards;
CREATE INDEX open_shards ON shards (driver) WHERE is_open = 1;

-- All journals. The join is said in two ways: to find the run of a shard, and the shards of a run.
CREATE VIEW journals AS
  SELECT number * 4194304 AS number, id AS run, 0 AS part, id || '/0' AS name, is_live, head_first AS first,
    head_items AS items, head_begins AS begins, head_driver AS driver, head_open AS is_open, head_rows AS rows,
    head_last AS last, head_success AS success, head_skipped AS skipped, head_failed AS failed,
    head_cancelled AS cancelled, head_recovered AS recovered, head_running AS running, head_waiting AS waiting,
    head_error AS error
  FROM runs WHERE head_rows > 0
  UNION ALL
  SELECT shards.number, runs.id, shards.number % 4194304, runs.id || '/' || (shards.number % 4194304), 1, shards.first,
    shards.items, shards.begins, shards.driver, shards.is_open, shards.rows, shards.last, shards.success,
    shards.skipped, shards.failed, shards.cancelled, shards.recovered, shards.running, shards.waiting, shards.error
  FROM shards JOIN runs ON runs.number = shards.number / 4194304
    AND shards.number > runs.number * 4194304 AND shards.number < (runs.number + 1) * 4194304;
`
