// Version 1 of the schema. Never edited once it is out: what changes later is another migration.
//
// The journal is the truth, everything else but blobs and records follows from it. What is JSON stands in columns of text:
// `jsonb` refuses \u0000 and halves of surrogate pairs, which values may hold. Names sort by their bytes, whatever the
// database's own order is.

export const sql = `
-- A row for each turn of a driver. The order in which others hear of rows is (tx, place): the transaction that wrote them, and
-- where they stood in it. Transactions commit out of order; whoever reads stops before the oldest that is under way.
CREATE TABLE journal (
  run     text COLLATE "C" NOT NULL,
  part    integer NOT NULL,
  seq     integer NOT NULL,
  tx      bigint NOT NULL,
  place   integer NOT NULL,
  -- Of the append, by which its writer knows the row again if the answer was lost.
  mark    bigint NOT NULL,
  entries text NOT NULL,
  PRIMARY KEY (run, part, seq)
);
CREATE UNIQUE INDEX journal_in_order ON journal (tx, place);

CREATE TABLE runs (
  id         text COLLATE "C" PRIMARY KEY,
  -- In the order of creation.
  number     bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  -- The fence: of two writers who saw the same row, one fails.
  version    integer NOT NULL,
  -- Which row of the statement wrote it.
  slot       integer NOT NULL,
  flow       text COLLATE "C",
  status     text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  started_at bigint,
  ended_at   bigint,
  -- Counts of the shards that have ended.
  total      integer NOT NULL,
  success    integer NOT NULL,
  skipped    integer NOT NULL,
  failed     integer NOT NULL,
  cancelled  integer NOT NULL,
  recovered  integer NOT NULL,
  -- Of the lowest item that failed, as JSON.
  error      text,
  -- What the row repeats of the run's options, as JSON; and what of it runs are found by: the names of the flow, each label as
  -- name and value, all as JSON.
  facts      text NOT NULL,
  kind       text COLLATE "C" NOT NULL,
  trigger    text COLLATE "C" NOT NULL,
  flow_names text[] COLLATE "C" NOT NULL,
  labels     text[] COLLATE "C" NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX runs_by_time ON runs (created_at, number);
CREATE INDEX runs_by_end ON runs (ended_at, number) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_by_duration ON runs ((ended_at - coalesce(started_at, created_at)), number) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_under_way ON runs (number) WHERE ended_at IS NULL;
CREATE INDEX runs_that_went_wrong ON runs (status, created_at, number) WHERE status IN ('failed', 'cancelled');
CREATE INDEX runs_by_flow ON runs USING gin (flow_names);
CREATE INDEX runs_by_label ON runs USING gin (labels) WHERE labels <> '{}';

-- A row for each journal: RUN/0 is the run's own.
CREATE TABLE shards (
  run        text COLLATE "C" NOT NULL,
  part       integer NOT NULL,
  slot       integer NOT NULL,
  -- How many rows the journal has: the fence.
  rows       integer NOT NULL,
  -- The number of its first item, and how many it has.
  first      integer NOT NULL,
  items      integer NOT NULL,
  -- Who has it in hand; nobody if it waits for a wake.
  driver     text COLLATE "C",
  is_open    boolean NOT NULL,
  success    integer NOT NULL,
  skipped    integer NOT NULL,
  failed     integer NOT NULL,
  cancelled  integer NOT NULL,
  recovered  integer NOT NULL,
  running    integer NOT NULL,
  waiting    integer NOT NULL,
  error_item integer,
  error      text,
  PRIMARY KEY (run, part)
) WITH (fillfactor = 60);
CREATE INDEX open_shards ON shards (driver) WHERE is_open;

-- Status: 3 success, 4 skipped, 5 failed, 6 cancelled.
CREATE TABLE items (
  run     text COLLATE "C" NOT NULL,
  item    integer NOT NULL,
  status  smallint NOT NULL,
  outcome text NOT NULL,
  PRIMARY KEY (run, item)
);
-- Most items end well: only the others are looked for.
CREATE INDEX items_that_did_not_succeed ON items (run, status, item) WHERE status > 3;

CREATE TABLE wakes (
  run  text COLLATE "C" NOT NULL,
  part integer NOT NULL,
  at   bigint NOT NULL,
  PRIMARY KEY (run, part)
);
CREATE INDEX wakes_by_time ON wakes (at);

-- What is logged in runs: lines stand in the order of the journals' rows.
CREATE TABLE logs (
  tx    bigint NOT NULL,
  place integer NOT NULL,
  run   text COLLATE "C" NOT NULL,
  item  integer,
  step  text,
  -- 0 debug, 1 info, 2 warning, 3 error.
  level smallint NOT NULL,
  line  text NOT NULL,
  PRIMARY KEY (tx, place)
);
CREATE INDEX logs_by_run ON logs (run, tx, place);

-- What the lines of a run take, and how many there was no room for.
CREATE TABLE log_sizes (
  run     text COLLATE "C" PRIMARY KEY,
  bytes   bigint NOT NULL,
  dropped integer NOT NULL
);

-- Who is alive.
CREATE TABLE drivers (
  id         text COLLATE "C" PRIMARY KEY,
  name       text NOT NULL,
  host       text NOT NULL,
  pid        integer NOT NULL,
  started_at timestamptz NOT NULL,
  seen_at    timestamptz NOT NULL
);

-- Outputs that later calls may use.
CREATE TABLE cached (
  key     text COLLATE "C" PRIMARY KEY,
  until   bigint,
  outcome text NOT NULL
);

CREATE TABLE blobs (
  id     text COLLATE "C" PRIMARY KEY,
  kind   text NOT NULL,
  put_at bigint NOT NULL,
  json   text,
  bytes  bytea
);

-- Small documents by name. A version is never used twice.
CREATE SEQUENCE record_versions;
CREATE TABLE records (
  collection text COLLATE "C" NOT NULL,
  key        text COLLATE "C" NOT NULL,
  version    bigint NOT NULL,
  value      text NOT NULL,
  PRIMARY KEY (collection, key)
);

-- store: what tells this store's cursors from others'. removed: the last place that a removed row had. base: is added to the
-- numbers of transactions, which begin anew where a dump is restored.
CREATE TABLE marks (
  name  text COLLATE "C" PRIMARY KEY,
  value bigint NOT NULL,
  place integer NOT NULL DEFAULT 0
);
INSERT INTO marks (name, value) VALUES ('store', floor(random() * 1000000000000)), ('removed', -1), ('base', 0);

-- Ends a statement that would have written a part of what belongs together.
CREATE FUNCTION refuse() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'somebody else has written in between' USING ERRCODE = 'serialization_failure';
END $$;

-- Lines for the log of a run, as far as there is room: once one is left out, all that follow are. Answers how many were written.
CREATE FUNCTION add_lines(
  of_run text, of_tx bigint, room bigint, places integer[], items integer[], steps text[], levels integer[], sizes integer[],
  lines text[]
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE size record; written integer := 0;
BEGIN
  INSERT INTO log_sizes (run, bytes, dropped) VALUES (of_run, 0, 0)
    ON CONFLICT (run) DO UPDATE SET bytes = log_sizes.bytes RETURNING bytes, dropped INTO size;
  FOR i IN 1 .. cardinality(lines) LOOP
    IF size.dropped = 0 AND size.bytes + sizes[i] <= room THEN
      INSERT INTO logs (tx, place, run, item, step, level, line)
        VALUES (of_tx, places[i], of_run, items[i], steps[i], levels[i], lines[i]);
      size.bytes := size.bytes + sizes[i];
      written := written + 1;
    ELSE
      size.dropped := size.dropped + 1;
    END IF;
  END LOOP;
  UPDATE log_sizes SET bytes = size.bytes, dropped = size.dropped WHERE run = of_run;
  RETURN written;
END $$;

-- All of a run. Locks it first: what is appended meanwhile finds it gone.
CREATE FUNCTION remove_run(gone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE last record;
BEGIN
  PERFORM 1 FROM runs WHERE id = gone FOR UPDATE;
  PERFORM 1 FROM shards WHERE run = gone ORDER BY part FOR UPDATE;
  SELECT tx, place INTO last FROM (
    SELECT tx, place FROM journal WHERE run = gone UNION ALL SELECT tx, place FROM logs WHERE run = gone) AS written
  ORDER BY tx DESC, place DESC LIMIT 1;
  IF FOUND THEN
    UPDATE marks SET value = last.tx, place = last.place
      WHERE name = 'removed' AND (marks.value, marks.place) < (last.tx, last.place);
  END IF;
  DELETE FROM wakes WHERE run = gone;
  DELETE FROM logs WHERE run = gone;
  DELETE FROM log_sizes WHERE run = gone;
  DELETE FROM journal WHERE run = gone;
  DELETE FROM items WHERE run = gone;
  DELETE FROM shards WHERE run = gone;
  DELETE FROM runs WHERE id = gone;
END $$;
`
