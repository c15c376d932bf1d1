// Version 2 of the file. Never edited once it is out.
//
// Counts move from the run's row to the rows of its shards, so that an item changes one row only; a run's row keeps those of
// the shards that have ended. Items can be asked for by how they ended. Small documents by name.

export const sql = `
ALTER TABLE runs ADD COLUMN started_at INTEGER;
ALTER TABLE runs ADD COLUMN recovered INTEGER NOT NULL DEFAULT 0;
-- Of the lowest item that failed, in a shard that has ended: {item, code, message, step?}.
ALTER TABLE runs ADD COLUMN error TEXT;

-- The number of its first item.
ALTER TABLE shards ADD COLUMN first INTEGER NOT NULL DEFAULT 0;
-- The position of its journal's first row.
ALTER TABLE shards ADD COLUMN begins INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shards ADD COLUMN success INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shards ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shards ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shards ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shards ADD COLUMN recovered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shards ADD COLUMN running INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shards ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shards ADD COLUMN error TEXT;

-- Status: 3 success, 4 skipped, 5 failed, 6 cancelled. It stands before the outcome, which may be long.
CREATE TABLE new_items (
  run     INTEGER NOT NULL,
  item    INTEGER NOT NULL,
  status  INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (run, item)
) STRICT, WITHOUT ROWID;
INSERT INTO new_items (run, item, status, outcome)
  SELECT run, item,
    CASE WHEN NOT json_valid(outcome) THEN 5
      WHEN json_extract(outcome, '$.outcome') = 'success' THEN 3
      WHEN json_extract(outcome, '$.outcome') = 'skipped' THEN 4
      WHEN json_extract(outcome, '$.error.code') = 'CANCELLED' THEN 6
      ELSE 5 END,
    outcome FROM items;
DROP TABLE items;
ALTER TABLE new_items RENAME TO items;
-- Most items end well: only the others are looked for.
CREATE INDEX items_that_did_not_succeed ON items (run, status, item) WHERE status > 3;

-- Shards were written in the order of their items.
UPDATE shards SET first = before.items FROM (
  SELECT number, sum(items) OVER (PARTITION BY run ORDER BY number) - items AS items FROM shards
) AS before WHERE before.number = shards.number;
UPDATE shards SET begins = begun.position FROM (
  SELECT shard, position FROM journal WHERE seq = 0
) AS begun WHERE begun.shard = shards.number;
UPDATE shards SET
  success = ended.success, skipped = ended.skipped, failed = ended.failed, cancelled = ended.cancelled
  FROM (
    SELECT shards.number AS number, sum(items.status = 3) AS success, sum(items.status = 4) AS skipped,
      sum(items.status = 5) AS failed, sum(items.status = 6) AS cancelled
    FROM shards JOIN runs ON runs.id = shards.run JOIN items ON items.run = runs.number
      AND items.item >= shards.first AND items.item < shards.first + shards.items
    GROUP BY shards.number
  ) AS ended WHERE ended.number = shards.number;
UPDATE shards SET error = (
  SELECT json_object('item', item, 'code', coalesce(json_extract(outcome, '$.error.code'), 'INTERNAL'),
    'message', coalesce(json_extract(outcome, '$.error.message'), ''), 'step', json_extract(outcome, '$.error.step'))
  FROM items JOIN runs ON runs.number = items.run
  WHERE runs.id = shards.run AND items.status = 5 AND item >= shards.first AND item < shards.first + shards.items
    AND json_valid(outcome)
  ORDER BY item LIMIT 1
) WHERE failed > 0;
ALTER TABLE shards DROP COLUMN done;

UPDATE runs SET started_at = created_at WHERE status <> 'queued';
-- By the names of the journals: there is no index by run.
UPDATE runs SET
  success = (SELECT coalesce(sum(success), 0) FROM shards
    WHERE shards.journal > runs.id || '/' AND shards.journal < runs.id || '0' AND shards.run = runs.id AND is_open = 0),
  skipped = (SELECT coalesce(sum(skipped), 0) FROM shards
    WHERE shards.journal > runs.id || '/' AND shards.journal < runs.id || '0' AND shards.run = runs.id AND is_open = 0),
  failed = (SELECT coalesce(sum(failed), 0) FROM shards
    WHERE shards.journal > runs.id || '/' AND shards.journal < runs.id || '0' AND shards.run = runs.id AND is_open = 0),
  cancelled = (SELECT coalesce(sum(cancelled), 0) FROM shards
    WHERE shards.journal > runs.id || '/' AND shards.journal < runs.id || '0' AND shards.run = runs.id AND is_open = 0)
WHERE id IN (SELECT run FROM shards WHERE is_open = 1);
UPDATE runs SET error = (
  SELECT error FROM shards
  WHERE shards.journal > runs.id || '/' AND shards.journal < runs.id || '0' AND shards.run = runs.id AND is_open = 0
    AND error IS NOT NULL ORDER BY first LIMIT 1
) WHERE failed > 0;

-- Small documents by name. A version is never used twice.
CREATE TABLE records (
  collection TEXT NOT NULL,
  key        TEXT NOT NULL,
  version    INTEGER NOT NULL,
  value      TEXT NOT NULL,
  PRIMARY KEY (collection, key)
) STRICT, WITHOUT ROWID;

-- The last version of a record; the last position of a run that was removed; what tells this file's cursors from others'.
INSERT INTO marks VALUES ('record', 0), ('removed', 0), ('file', abs(random() % 1000000000000));
`
