// The nonce of this page's answer: what CodeMirror puts its styles in with, as the policy asks.

export function cspNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
}
