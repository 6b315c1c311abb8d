import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createHttpServer } from './http-server.ts'

it('begins a few of the requests that come at once in a turn of the event loop, and answers all in their order', async () => {
  const begun: number[] = []
  let turn = 0
  let clock: NodeJS.Immediate
  const tick = () => {
    turn += 1
    clock = setImmediate(tick)
  }
  clock = setImmediate(tick)
  onTestFinished(() => clearImmediate(clock))
  const server = createHttpServer(
    (request, response) => {
      begun[turn] = (begun[turn] ?? 0) + 1
      response.end(request.url)
    },
    { requestTimeoutMs: 10_000, checkExpectation: () => {} },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const paths = Array.from({ length: 30 }, (_, index) => `/request-${index}`)
  let text = ''
  socket.setEncoding('utf8').write(paths.map(path => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''))
  for await (const chunk of socket) {
    text += chunk
    if (text.endsWith('/request-29')) break
  }
  expect(text.match(/\/request-\d+/g)).toEqual(paths)
  const counts = begun.filter(count => count !== undefined)
  expect(counts.length).toBeGreaterThan(2)
  // Our count of turns and the server's may begin a moment apart.
  expect(Math.max(...counts)).toBeLessThanOrEqual(16)
})
