// The public names of access: tokens, and the sessions of browsers that stand for one.

export { SESSION_MS, type Session, Sessions } from './sessions.ts'
export { type CheckedToken, type NewToken, ROLES, type Role, type Token, Tokens, tokenSummary } from './tokens.ts'
