// The public names of JSON Schema: checking values, saying what was found, and where a schema says that values are secret.

export { createSchemaLoader } from './schema.ts'
export { violations } from './schema-words.ts'
export { hideSecrets, secretPaths, secretValues } from './secret-places.ts'
