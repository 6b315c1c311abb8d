import { createServer } from 'node:http'
import type { VerifiedToken } from 'skewproof'
import { createGuard, type HttpError, nodeFields, type Problem } from 'skewproof/http'
import { type DefaultEventsMap, Server, type Socket } from 'socket.io'
import { type Claims, tokens } from '../tokens.js'

interface ClientEvents {
  whoami: (answer: (claims: { sub: string }) => void) => void
  logout: () => void
}

interface ServerEvents {
  refused: (problem: Problem) => void
}

interface SocketData {
  token: VerifiedToken<Claims>
}

type TokenSocket = Socket<ClientEvents, ServerEvents, DefaultEventsMap, SocketData>

const guard = createGuard<Claims, TokenSocket>({ tokens, from: socket => socket.handshake.auth.token })

/** Judges a connection's token, which costs no I/O while it is good. */
async function judge(socket: TokenSocket): Promise<HttpError | undefined> {
  const admission = await guard(nodeFields(socket.request), socket)
  if (admission.refusal !== undefined) return admission.refusal
  socket.data.token = admission.token
  return undefined
}

/** An open connection ends with its token. That the store cannot be asked ends nothing. */
async function judgeAgain(socket: TokenSocket): Promise<HttpError | undefined> {
  const refusal = await judge(socket)
  if (refusal === undefined) return undefined
  socket.emit('refused', refusal.problem)
  if (refusal.status !== 503) socket.disconnect(true)
  return refusal
}

export const server = createServer()
const io = new Server<ClientEvents, ServerEvents, DefaultEventsMap, SocketData>(server)

io.use(async (socket, next) => {
  const refusal = await judge(socket)
  if (refusal === undefined) next()
  // The client finds `data` in the error of its `connect_error`.
  else
    next(
      Object.assign(new Error(refusal.message), { data: { ...refusal.problem, headers: refusal.headers } }),
    )
})

io.on('connection', socket => {
  socket.use(async (_event, next) => {
    if ((await judgeAgain(socket)) === undefined) next()
  })
  // Also one that only listens.
  const watch = setInterval(() => judgeAgain(socket), 1000)
  socket.on('disconnect', () => clearInterval(watch))

  socket.on('whoami', answer => answer({ sub: socket.data.token.claims.sub }))
  socket.on('logout', () => tokens.revoke(String(socket.data.token.jti)))
})

server.listen(Number(process.env.PORT ?? 3000))
