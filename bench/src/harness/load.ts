import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../requests.lua', import.meta.url))

export interface HttpRequest {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Of a form. */
  readonly body?: string
}

/** What came of a load. */
export interface LoadResult {
  readonly perSecond: number
  readonly requests: number
  /** How long answers took, ms. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly longestMs: number
  /** Answers of 400 and above. */
  readonly refused: number
  readonly socketErrors: number
  readonly timeouts: number
}

/** Requests of one kind, which are sent in turn. */
export interface RequestKind {
  /** Of all requests, in thousandths; those of all kinds make 1000. */
  readonly share: number
  readonly requests: readonly HttpRequest[]
}

export interface LoadOptions {
  readonly connections: number
  /** At most; whole ones. */
  readonly seconds: number
  /** Ends after so many answers. */
  readonly answers?: number
}

/** Shows that it works. */
export const briefLoad = { seconds: 60, answers: 500 } as const

/** Requests that are sent again and again. */
export interface Load {
  run(options: LoadOptions): Promise<LoadResult>
  end(): void
}

/** From a process of its own: wrk, which needs less of a core than any server here. */
export function prepareLoad(port: number, kinds: readonly RequestKind[]): Load {
  const directory = mkdtempSync(join(tmpdir(), 'skewproof-bench-load-'))
  const file = join(directory, 'requests')
  writeFileSync(file, kinds.map(kind => formatKind(port, kind)).join(''))
  return {
    async run({ connections, seconds, answers }) {
      const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script]
      const args = answers === undefined ? [file] : [file, String(answers)]
      return parse(await runWrk([...options, `http://127.0.0.1:${port}`, '--', ...args]))
    },
    end: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** What it prints. It ends only at its time or when it is told to, which it is when its script has had enough. */
async function runWrk(args: readonly string[]): Promise<string> {
  const wrk = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  wrk.stdout.setEncoding('utf8').on('data', text => {
    output += text
    if (output.includes('ENOUGH\n')) wrk.kill('SIGINT')
  })
  await once(wrk, 'close')
  return output
}

function format(port: number, { method = 'GET', path, headers = {}, body = '' }: HttpRequest): string {
  const own =
    body === ''
      ? {}
      : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': `${body.length}` }
  const fields = Object.entries({ host: `127.0.0.1:${port}`, ...headers, ...own })
  return `${method} ${path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

function formatKind(port: number, { share, requests }: RequestKind): string {
  const texts = requests.map(request => format(port, request))
  return [
    eightDigits(share),
    eightDigits(texts.length),
    ...texts.map(text => eightDigits(Buffer.byteLength(text)) + text),
  ].join('')
}

function eightDigits(number: number): string {
  return String(number).padStart(8, '0')
}

function parse(output: string): LoadResult {
  const found = /^RESULT (.*)$/m.exec(output)?.[1]
  if (found === undefined) throw new Error(`wrk says: ${output}`)
  const { requests, microseconds, p50, p99, p999, longest, refused, socketErrors, timeouts } =
    JSON.parse(found)
  return {
    perSecond: (requests / microseconds) * 1e6,
    requests,
    p50Ms: p50 / 1000,
    p99Ms: p99 / 1000,
    p999Ms: p999 / 1000,
    longestMs: longest / 1000,
    refused,
    socketErrors,
    timeouts,
  }
}
