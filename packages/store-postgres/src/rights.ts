// Whether a role may do all that a store does; if not, which rights are missing, and how they are granted.

import { FlowError } from '@stepflow/engine'
import type pg from 'pg'
import type { Address } from './address.ts'

/** Who does not own the schema may have been given less than a store needs: all that is missing is said at once. */
export async function checkRights(client: pg.Client, { name, schema }: Address): Promise<void> {
  const { rows } = await client.query<{ user: string; lacks: string[] }>(LACKING_RIGHTS, [schema])
  const [{ user, lacks } = { user: '', lacks: [] }] = rows
  if (lacks.length === 0) return
  const some =
    lacks.slice(0, MOST_NAMED).join('; ') + (lacks.length > MOST_NAMED ? ` and ${lacks.length - MOST_NAMED} more` : '')
  const grant = `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${schema}" TO "${user}"; GRANT USAGE ON ALL SEQUENCES IN SCHEMA "${schema}" TO "${user}"`
  throw new FlowError(
    'INVALID_INPUT',
    `the user "${user}" may not work on the store ${name}: it lacks ${some}. Its owner grants them by: ${grant}`,
  )
}

// ---

const MOST_NAMED = 5

/** On what is of the schema's owner: others may have put something of theirs into it. */
const LACKING_RIGHTS = `WITH ours AS (
  SELECT c.oid, c.relname::text AS name, c.relkind FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'S')
    AND c.relowner = (SELECT relowner FROM pg_class WHERE relnamespace = n.oid AND relname = 'schema_version')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'i')),
lacking AS (
  SELECT name, (SELECT string_agg(wanted, ', ') FROM unnest(CASE WHEN relkind = 'S' THEN ARRAY['USAGE']
      WHEN name = 'schema_version' THEN ARRAY['SELECT'] ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END) AS wanted
    WHERE NOT CASE WHEN relkind = 'S' THEN has_sequence_privilege(oid, wanted) ELSE has_table_privilege(oid, wanted) END) AS rights
  FROM ours)
SELECT current_user::text AS user,
  (SELECT coalesce(array_agg(rights || ' on ' || name ORDER BY name), '{}') FROM lacking WHERE rights IS NOT NULL) AS lacks`
