// A process that measures the source given once, and prints the sample or why there is none.
import { systemHostClock } from 'skewproof'
import { parseSource } from 'skewproof/sources'

const signal = AbortSignal.timeout(30_000)
const wallOffsetMs = ({ monotonicMs, timeMs, errorMs }) => {
  const agoMs = systemHostClock.monotonicMs() - monotonicMs
  return { wallOffsetMs: systemHostClock.wallMs() - agoMs - timeMs, errorMs }
}
const outcome = await parseSource(process.argv[2] ?? '')
  .measure({ host: systemHostClock, signal })
  .then(wallOffsetMs, ({ reason, message }) => ({ reason, message }))
console.log(JSON.stringify(outcome))
