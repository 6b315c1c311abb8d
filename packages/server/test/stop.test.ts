import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { eventually } from './support/processes.ts'
import { type Service, startService } from './support/service.ts'

/** A request whose body is still to come. */
async function beginRequest(service: Service, bodyLength: number): Promise<Socket> {
  const { hostname, port } = new URL(service.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const headers = `Host: ${hostname}\r\nAuthorization: ${service.basic}\r\nContent-Type: application/json\r\nExpect: 100-continue`
  socket.write(`POST /v1/tokens HTTP/1.1\r\n${headers}\r\nContent-Length: ${bodyLength}\r\n\r\n`)
  // "100 Continue": from here on the service knows of the request.
  await once(socket, 'readable')
  return socket
}

describe('a service that is told to stop', () => {
  // Ctrl-C may come from the terminal and again from whatever the service runs under.
  it.each([
    ['SIGINT', []],
    ['SIGTERM', []],
    ['SIGTERM', ['--workers', '2']],
  ] as const)('answers what is under way, however often %s comes %j', async (signal, args) => {
    const service = await startService({ args })
    const ended = once(service.child, 'exit')
    const body = JSON.stringify({ sub: 'alice', expires_in: 60 })
    const socket = await beginRequest(service, body.length)

    service.child.kill(signal)
    await eventually(async () => {
      await expect(service.request('GET', '/ready')).rejects.toThrow()
    })
    service.child.kill(signal)
    socket.write(body)

    expect(await text(socket)).toMatch(/^HTTP\/1\.1 100 [\s\S]*HTTP\/1\.1 200 [\s\S]*"access_token"/)
    expect(await ended).toEqual([0, null])
  })

  it('does not wait for a client that never ends its request', async () => {
    const service = await startService({ args: ['--request-timeout', '1'] })
    await beginRequest(service, 100)
    expect(await service.stop()).toBe(0)
  })
})
