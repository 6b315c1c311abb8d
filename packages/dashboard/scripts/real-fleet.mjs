// Services of their own processes, some with wrong clocks, over a Redis of their own: what the page is tested and shown with.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../../../scripts/lib/root.mjs'
import { systemFile } from '../../../scripts/lib/system-packages.mjs'

/**
 * @typedef {object} Machine
 * @property {string} name what the service calls itself
 * @property {number} [offsetSeconds] how far its wall clock is off
 * @property {'system' | 'none'} [source] whether it trusts its wall clock, or has no time source of its own
 * @property {readonly string[]} [args] more of the service's options
 *
 * @typedef {{ readonly client_id: string, readonly client_secret: string }} Credentials
 *
 * @typedef {object} RealService
 * @property {string} name
 * @property {string} url
 * @property {import('node:child_process').ChildProcess} child
 */

/** One that is 3 min ahead and trusts its clock, one that is behind and has no source, three that are right. */
export const fiveMachines = /** @type {const} @satisfies {readonly Machine[]} */ ([
  { name: 'web-1', source: 'system' },
  { name: 'web-2', source: 'system' },
  { name: 'web-3', source: 'system', offsetSeconds: 180 },
  { name: 'web-4', source: 'none', offsetSeconds: -2.5 },
  { name: 'web-5', source: 'system' },
])

const maxStarts = 3

/** A fleet that runs until it is stopped. */
export class RealFleet {
  /** @type {RealService[]} */
  services = []
  #folder = mkdtempSync(join(tmpdir(), 'skewproof-fleet-'))
  /** @type {import('node:child_process').ChildProcess[]} */
  #children = []

  /** @param {readonly Machine[]} machines */
  static async start(machines) {
    const fleet = new RealFleet()
    try {
      const redis = await fleet.#startRedis()
      for (const machine of machines) await fleet.#startService(machine, redis)
      return fleet
    } catch (error) {
      await fleet.stop()
      throw error
    }
  }

  get first() {
    const [first] = this.services
    if (first === undefined) throw new Error('the fleet has no services')
    return first
  }

  /** @returns {Credentials} */
  get credentials() {
    return JSON.parse(readFileSync(join(this.#folder, this.first.name, 'credentials.json'), 'utf8'))
  }

  /**
   * Asks the first service as its administrator.
   *
   * @param {string} method @param {string} path @param {unknown} [json]
   * @returns {Promise<any>}
   */
  async ask(method, path, json) {
    const { client_id: id, client_secret: secret } = this.credentials
    const answer = await fetch(this.first.url + path, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
        ...(json !== undefined && { 'content-type': 'application/json' }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
    return answer.json()
  }

  /** The status of `/forward-auth` at each service. @param {string} token */
  verify(token) {
    return Promise.all(
      this.services.map(async ({ url }) => {
        const { status } = await fetch(`${url}/forward-auth`, {
          headers: { authorization: `Bearer ${token}` },
        })
        return status
      }),
    )
  }

  async stop() {
    for (const child of [...this.#children].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill()
      await Promise.race([once(child, 'exit'), sleep(15_000)])
      if (child.exitCode === null) child.kill('SIGKILL')
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #startRedis() {
    const port = await freePort()
    const fixed = ['--bind', '127.0.0.1', '--dir', this.#folder, '--save', '', '--loglevel', 'warning']
    this.#run(systemFile('redis-server'), ['--port', String(port), ...fixed], {})
    return `redis://127.0.0.1:${port}`
  }

  /** @param {Machine} machine @param {string} redis */
  async #startService({ name, offsetSeconds = 0, source = 'system', args = [] }, redis) {
    const directory = join(this.#folder, name)
    const [first] = this.services
    if (first !== undefined) {
      mkdirSync(directory)
      for (const file of ['store.key', 'credentials.json'])
        cpSync(join(this.#folder, first.name, file), join(directory, file))
    }
    const bin = join(root, 'packages/server/bin/skewproof.js')
    const options = ['--node', name, '--data-dir', directory, '--redis', redis, '--source', source]
    const more = ['--issuer', 'https://auth.example.com', '--log-level', 'warn', ...args]
    // On a busy machine Redis may not answer in time, and the service ends.
    for (let attempt = 1; attempt <= maxStarts; attempt += 1) {
      const port = await freePort()
      const given = [bin, 'serve', '--port', String(port), ...options, ...more]
      const child = this.#run(process.execPath, given, fakedClock(offsetSeconds))
      const service = { name, url: `http://127.0.0.1:${port}`, child }
      if (await answers(service)) {
        this.services.push(service)
        return
      }
    }
    throw new Error(`${name} does not start`)
  }

  /** @param {string} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} env */
  #run(command, args, env) {
    const others = Object.entries(process.env).filter(
      ([name]) => !/^(SKEWPROOF_|VITEST|NODE_OPTIONS)/.test(name),
    )
    /** @type {import('node:child_process').StdioOptions} */
    const stdio = ['ignore', 'ignore', 'inherit']
    const child = spawn(command, args, { env: { ...Object.fromEntries(others), ...env }, stdio })
    this.#children.push(child)
    return child
  }
}

/** @param {number} offsetSeconds @returns {NodeJS.ProcessEnv} */
function fakedClock(offsetSeconds) {
  if (offsetSeconds === 0) return {}
  return {
    LD_PRELOAD: systemFile('faketime'),
    FAKETIME: `${offsetSeconds > 0 ? '+' : ''}${offsetSeconds}`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
  }
}

/** Whether it comes to answer. A node that is outvoted is not ready, and answers. @param {RealService} service */
async function answers({ url, child }) {
  while (child.exitCode === null) {
    const isThere = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isThere) return true
    await sleep(100)
  }
  return false
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
