// A process with a clock of its own. For each line of its input it prints the reading, and the machine's monotonic clock just
// before and after it: all processes of one machine share that clock.

import process from 'node:process'
import { createInterface } from 'node:readline'
import { createClock } from 'skewproof'

const clock = await createClock({ sources: process.argv.slice(2), firstMeasurement: '30s' })
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6

for await (const _line of createInterface({ input: process.stdin })) {
  const beforeMs = monotonicMs()
  const { timeMs, errorMs, status } = clock.now()
  console.log(
    JSON.stringify({ beforeMs, afterMs: monotonicMs(), timeMs, errorMs, status, wallMs: Date.now() }),
  )
}
clock.close()
