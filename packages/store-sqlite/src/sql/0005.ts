// Version 5 of the file. Never edited once it is out.
//
// Runs are found in slices: columns of thousands of runs that have ended, made long after the runs themselves, when somebody
// looks for runs. So a run that is written touches no index but that of what is under way, and a file with a million runs is
// brought to this version at once. See run-index.ts.

export const sql = `
DROP INDEX runs_by_flow;
DROP INDEX runs_that_went_wrong;

CREATE TABLE run_slices (
  id      INTEGER PRIMARY KEY,
  size    INTEGER NOT NULL,
  -- Numbers, times, and where the rest stands: see run-columns.ts.
  columns BLOB NOT NULL,
  texts   TEXT NOT NULL
) STRICT;
-- Numbers of runs that had not ended when those after them were put into slices.
CREATE TABLE late_runs (number INTEGER PRIMARY KEY) STRICT;
-- Numbers of runs that a slice has and that have been removed since.
CREATE TABLE gone_runs (number INTEGER PRIMARY KEY) STRICT;

-- The highest number of a run that is in a slice or late; the last id of a slice; how often a run was removed.
INSERT INTO marks VALUES ('listed', 0), ('slice', 0), ('removals', 0);
`
