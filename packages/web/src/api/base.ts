// Where the server is: this page came from it, perhaps from below a path.

/** `''`, or `/x`. */
export const basePath: string = document.documentElement.dataset.base?.replace(/^__BASE__$/, '') ?? ''

export const serverUrl: string = `${location.origin}${basePath}`
