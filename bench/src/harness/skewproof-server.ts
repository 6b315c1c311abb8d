import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './ports.js'
import { type Server, startServer } from './server.js'
import { inBatches } from './services.js'

const program = fileURLToPath(new URL('../../../packages/server/bin/skewproof.js', import.meta.url))

/** `skewproof serve`, as it is installed. */
export interface SkewproofServer extends Server {
  /** The administrator's client, as HTTP Basic wants it. */
  readonly authorization: string
  /** Issues tokens for as many subjects. */
  issue(count: number): Promise<string[]>
}

export async function startSkewproof(args: readonly string[] = []): Promise<SkewproofServer> {
  const directory = mkdtempSync(join(tmpdir(), 'skewproof-bench-'))
  const port = await freePort()
  const own = ['--port', `${port}`, '--data-dir', directory, '--rate-limit', '0', '--log-level', 'error']
  const server = await startServer([process.execPath, program, 'serve', ...own, ...args], {
    port,
    path: '/health',
  })
  const credentials = JSON.parse(readFileSync(join(directory, 'credentials.json'), 'utf8'))
  const authorization = basic(credentials.client_id, credentials.client_secret)
  return {
    ...server,
    authorization,
    async issue(count) {
      const tokens: string[] = []
      await inBatches([...Array(count).keys()], 50, async number => {
        tokens.push(await issueOne(port, authorization, `user-${number}`))
      })
      return tokens
    },
    async end() {
      await server.end()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`
}

async function issueOne(port: number, authorization: string, sub: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/tokens`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ sub, expires_in: 7200, scope: 'orders:read orders:write' }),
  })
  if (!response.ok) throw new Error(`no token was issued: ${response.status} ${await response.text()}`)
  const { access_token: token } = (await response.json()) as { access_token: string }
  return token
}
