// Writes items for the pipeline, one JSON object a line: node generate-items.mjs [COUNT] > many-items.jsonl
import { once } from 'node:events'

const count = Number(process.argv[2] ?? 100_000)
if (!Number.isInteger(count) || count < 0) {
  console.error(`COUNT has to be a whole number, this is "${process.argv[2]}"`)
  process.exit(2)
}

for (let n = 1; n <= count; n++) {
  const line = JSON.stringify({ item_id: `item${n}`, data: { value: (n * 7) % 201, category: 'AB'[n % 2] } })
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
}
