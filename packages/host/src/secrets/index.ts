// The public names of secrets in a store: set, listed, removed, encrypted anew. What flows read, and what is redacted, is
// `openSecrets` of the main entry.

export { checkSecret, weaknessOf } from './check-secret.ts'
export { secretFrom } from './environment.ts'
export { type ListedSecret, listSecrets } from './list-secrets.ts'
export { type OpenStoredSecrets, openStoredSecrets } from './open-stored.ts'
export type { SecretRow, StoredSecrets } from './stored-secrets.ts'
