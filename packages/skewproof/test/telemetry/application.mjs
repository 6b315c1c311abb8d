// An application with Express that is instrumented: `/login` issues a token, `/me` needs one. Prints where it listens.
import express from 'express'
import { createClock, createTokenService } from 'skewproof'
import { requireToken, serverTime } from 'skewproof/express'
import { memoryStore } from 'skewproof/memory'
import { system } from 'skewproof/sources'
import { instrument } from 'skewproof/telemetry'

const clock = await createClock({ sources: [system({ error: '20ms' })] })
const store = memoryStore()
const options = { issuer: 'https://auth.example.test', audience: 'api', store }
const tokens = createTokenService({ ...options, clock })
instrument({ tokens, clock, store })

// What a machine issues whose clock is three minutes ahead.
const ahead = createTokenService({
  ...options,
  keys: tokens.keys,
  clock: { now: () => ({ ...clock.now(), timeMs: clock.now().timeMs + 180_000 }) },
})

const app = express()
app.use(serverTime({ clock }))
app.get('/login', async (_request, response) => {
  response.json(await tokens.issue({ subject: 'alice@example.test' }))
})
app.get('/login-ahead', async (_request, response) => {
  response.json(await ahead.issue({ subject: 'alice@example.test' }))
})
app.get('/me', requireToken({ tokens }), (request, response) => {
  response.json(request.token.claims)
})
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port))
