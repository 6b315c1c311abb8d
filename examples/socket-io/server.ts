import { createServer } from 'node:http'
import { TokenError, type VerifiedToken } from 'skewproof'
import { createGuard, HttpError, nodeFields, type Problem, refusedToken } from 'skewproof/http'
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

/** Whatever rejects in a listener of socket.io ends the process: so a defect is a refusal, too. */
function refusalFor(error: unknown): HttpError {
  if (error instanceof TokenError) return refusedToken(error)
  console.error(error)
  return new HttpError(500, 'ERR_INTERNAL', 'the request failed')
}

/** Judges a connection's token, which costs no I/O while it is good. */
async function judge(socket: TokenSocket): Promise<HttpError | undefined> {
  try {
    const admission = await guard(nodeFields(socket.request), socket)
    if (admission.refusal !== undefined) return admission.refusal
    socket.data.token = admission.token
    return undefined
  } catch (error) {
    return refusalFor(error)
  }
}

/** An open connection ends with its token. That the store cannot be asked ends nothing. */
function refuse(socket: TokenSocket, refusal: HttpError): void {
  socket.emit('refused', refusal.problem)
  if (refusal.status < 500) socket.disconnect(true)
}

async function judgeAgain(socket: TokenSocket): Promise<HttpError | undefined> {
  const refusal = await judge(socket)
  if (refusal !== undefined) refuse(socket, refusal)
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

  socket.on('whoami', answer => {
    // A client may send anything, or nothing.
    if (typeof answer === 'function') answer({ sub: socket.data.token.claims.sub })
  })
  socket.on('logout', () => {
    tokens.revoke(String(socket.data.token.jti)).catch(error => refuse(socket, refusalFor(error)))
  })
})

server.listen(Number(process.env.PORT ?? 3000))
