import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { HttpError } from 'skewproof/http'
import { type PageFile, readPageFiles } from '../page/files.ts'
import { pageHeaders } from '../page/headers.ts'

/** The dashboard: files alone. What they show, they ask for. */
export function pageRoutes(files: ReadonlyMap<string, PageFile> = readPageFiles()): FastifyPluginAsync {
  return async app => {
    app.addHook('onSend', async (_request, reply) => {
      reply.headers(pageHeaders)
    })
    for (const [path, file] of files) {
      app.get(path, { schema: { hide: true } }, (request, reply) => send(file, request, reply))
    }
    if (!files.has('/')) {
      app.get('/', { schema: { hide: true } }, async () => {
        throw new HttpError(404, 'ERR_NOT_FOUND', 'the dashboard has not been built: run "npm run build"')
      })
    }
  }
}

async function send(file: PageFile, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.headers({
    'content-type': file.type,
    etag: file.etag,
    vary: 'accept-encoding',
    'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  const accepted = acceptedEncodings(request.headers['accept-encoding'])
  if (accepted.has('br')) return reply.header('content-encoding', 'br').send(await file.brotli())
  if (accepted.has('gzip')) return reply.header('content-encoding', 'gzip').send(await file.gzip())
  return reply.send(file.body)
}

/** Those that are named and not refused by `q=0` (RFC 9110, 12.5.3). */
function acceptedEncodings(field: string | string[] | undefined): ReadonlySet<string> {
  const names = String(field ?? '')
    .split(',')
    .filter(part => !/;\s*q=0(?:\.0*)?\s*$/i.test(part))
    .map(part => part.split(';')[0]?.trim().toLowerCase() ?? '')
  return new Set(names)
}
