import { describe, it } from 'vitest'
import { ManualHostClock } from '../../clock/manual.ts'
import { describeTokenStore } from '../../testing/index.ts'
import { memoryStore } from './memory-store.ts'

describeTokenStore('memory', { describe, it }, () => {
  const host = new ManualHostClock()
  const store = memoryStore({ host })
  return {
    open: () => store,
    nowMs: () => host.uptimeMs(),
    advance: ms => host.advance(ms),
    dispose: () => store.close(),
  }
})
