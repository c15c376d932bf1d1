// Version 4 of the schema: it says which older programs may go on beside it. Never edited once it is out.

export const sql = `
-- oldest: programs that know an older version than this one may not work on the schema any more.
ALTER TABLE schema_version ADD COLUMN oldest integer NOT NULL DEFAULT 1;
`
