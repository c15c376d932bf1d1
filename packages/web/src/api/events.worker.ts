// The one stream of events of all tabs of this browser, beside their pages.

import { SharedStream } from './shared-stream.ts'

/** This file lies below what the server's addresses begin with. */
const stream = new SharedStream(location.href.replace(/\/assets\/[^/]*$/, ''))

// biome-ignore lint/suspicious/noExplicitAny: what a shared worker's scope is, the types of pages do not say
;(self as any).onconnect = ({ ports: [port] }: { ports: readonly MessagePort[] }) => {
  if (!port) return
  const tell = stream.join((message) => port.postMessage(message))
  port.onmessage = ({ data }) => tell(data)
}
