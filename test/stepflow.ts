// Where the tests find the checkout and its command line.

export const root = new URL('..', import.meta.url).pathname.replace(/\/$/, '')
export const stepflow = `${root}/packages/stepflow/bin/stepflow.cjs`
