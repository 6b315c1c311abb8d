import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { bundle, root } from './bundle.ts'

/** What a page asked for, and what it got. */
export interface Visit {
  readonly path: string
  readonly status: number
  /** The body of a request for tokens. */
  readonly form: URLSearchParams
}

/** A web site: a page with the client, and all else from a service behind it, on one origin. */
export interface Site {
  readonly url: string
  readonly visits: readonly Visit[]
  /** The refresh tokens that the service was given, in their order. */
  refreshes(): string[]
}

const page = `<!doctype html><title>test</title><script type="module">
import * as skewproof from '/client.js'
globalThis.skewproof = skewproof
</script>`

/**
 * @param target the service, or a way to it
 * @param code what the page runs; its exports are `skewproof` there. Default: the client
 */
export async function startSite(target: string, code = "export * from 'skewproof/client'"): Promise<Site> {
  const script = await bundle(code, root)
  const visits: Visit[] = []

  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    let body = ''
    incoming.on('data', chunk => {
      body += String(chunk)
    })
    const { method, headers, url = '/' } = incoming
    const onward = request(new URL(url, target), { method, headers }, answer => {
      visits.push({ path: url, status: answer.statusCode ?? 0, form: new URLSearchParams(body) })
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('error', () => onward.destroy())
    incoming.pipe(onward)
  }

  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/') outgoing.writeHead(200, { 'content-type': 'text/html' }).end(page)
    else if (incoming.url === '/client.js')
      outgoing.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else pass(incoming, outgoing)
  })
  server.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    visits,
    refreshes: () =>
      visits
        .filter(visit => visit.path === '/oauth2/token')
        .map(({ form }) => form.get('refresh_token') ?? ''),
  }
}
