// What is shown until an answer comes: nothing for a moment, then outlines in the size of what will be there.

import { type ReactElement, useEffect, useState } from 'react'

export function Outlines({ rows = 6 }: { rows?: number }): ReactElement | null {
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 150)
    return () => clearTimeout(timer)
  }, [])
  if (!isShown) return null
  return (
    <div className="outline-bars" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <i key={i} style={{ width: `${90 - ((i * 17) % 40)}%` }} />
      ))}
    </div>
  )
}
