import { createServer } from 'node:http'
import express from 'express'
import { expect, it } from 'vitest'
import { detectClockSkew } from '../../packages/skewproof/src/client/index.ts'
import { type Clock, systemHostClock } from '../../packages/skewproof/src/clock/index.ts'
import { clockEndpoint, serverTime } from '../../packages/skewproof/src/http/express/index.ts'
import { listen } from '../../packages/skewproof/test/adapters/listen.ts'

/** A server's clock that is right, seen from a device whose clock is a minute slow. */
const clock: Clock = {
  now: () => ({ timeMs: systemHostClock.wallMs() + 60_000, errorMs: 3, status: 'synchronized' }),
}

it.each(['clock', 'server-time'])(
  'the client measures its device by what an adapter tells: %s',
  async method => {
    const app = express()
    app.use(serverTime({ clock }))
    // What comes first takes its time: what it takes must not count as the network's.
    app.use((_request, _response, next) => void setTimeout(next, 30))
    if (method === 'clock') app.get('/clock', clockEndpoint({ clock }))
    const skew = await detectClockSkew(await listen(createServer(app)))
    expect(skew.method).toBe(method)
    expect(Math.abs(skew.skewMs + 60_000)).toBeLessThanOrEqual(skew.errorMs)
  },
)
