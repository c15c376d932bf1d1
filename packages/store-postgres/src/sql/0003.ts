// Version 3 of the schema: what several nodes need to share the journals of a store. Never edited once it is out.

export const sql = `
-- Of a run whose items are limited: so many of its journals are in hand at once, each in a place of its own.
ALTER TABLE shards ADD COLUMN shares integer, ADD COLUMN place integer;
CREATE UNIQUE INDEX shards_in_place ON shards (run, place) WHERE place IS NOT NULL;

-- Of a node: how many journals it drives at once, and the program's version. Other programs that write have none.
ALTER TABLE drivers
  ADD COLUMN capacity integer,
  ADD COLUMN version  text,
  ADD COLUMN draining boolean NOT NULL DEFAULT false;
`
