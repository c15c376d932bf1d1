// The answer of what is done and has nothing to say.

export const NOTHING = { description: 'Done.', type: 'null' } as const
