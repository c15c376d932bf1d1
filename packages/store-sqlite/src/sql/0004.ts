// Version 4 of the file. Never edited once it is out.
//
// What is logged in runs. Lines have positions in the order of the journals' rows: who follows a run reads both by one cursor.

export const sql = `
CREATE TABLE logs (
  position INTEGER PRIMARY KEY,
  run      INTEGER NOT NULL,
  item     INTEGER,
  step     TEXT,
  -- 0 debug, 1 info, 2 warning, 3 error.
  level    INTEGER NOT NULL,
  line     TEXT NOT NULL
) STRICT;
CREATE INDEX logs_by_run ON logs (run, position);

-- What the lines of a run take, and how many there was no room for.
CREATE TABLE log_sizes (
  run     INTEGER PRIMARY KEY,
  bytes   INTEGER NOT NULL,
  dropped INTEGER NOT NULL
) STRICT;
`
