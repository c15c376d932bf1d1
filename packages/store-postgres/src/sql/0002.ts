// Version 2 of the schema: the content of blobs may stand elsewhere, in a blob storage. Never edited once it is out.

export const sql = `
-- object: what its content is called there; null: the content stands here. A name is used once: whoever puts a blob that is
-- just being removed puts it under another one. is_there: it was put. names: what may be ids of blobs in it; null: look.
ALTER TABLE blobs
  ADD COLUMN object   text COLLATE "C",
  ADD COLUMN is_there boolean NOT NULL DEFAULT true,
  ADD COLUMN names    text;

-- Content whose blob is gone, and which is still to be removed.
CREATE TABLE removed_objects (object text COLLATE "C" PRIMARY KEY);
`
