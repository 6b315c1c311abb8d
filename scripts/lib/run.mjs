import { spawn } from 'node:child_process'
import process from 'node:process'
import { root } from './root.mjs'

/** @type {readonly NodeJS.Signals[]} */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** A signal came while a program was running. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }
}

/**
 * Runs a program, in the workspace's folder by default, and keeps what it prints. A signal is passed on to the program.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] variables to set besides the ones there are
 * @param {string} [cwd]
 * @returns {Promise<{ ok: boolean, output: string }>}
 * @throws {Interrupted} when a signal came; after the program has ended
 */
export function run(command, args, env = {}, cwd = root) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    /** @type {Buffer[]} */
    const chunks = []
    child.stdout.on('data', chunk => chunks.push(chunk))
    child.stderr.on('data', chunk => chunks.push(chunk))

    /** @type {NodeJS.Signals | undefined} */
    let received
    /** @param {NodeJS.Signals} signal */
    const passOn = signal => {
      received = signal
      child.kill(signal)
    }
    for (const signal of endingSignals) process.on(signal, passOn)
    const release = () => {
      for (const signal of endingSignals) process.removeListener(signal, passOn)
    }

    child.on('error', error => {
      release()
      reject(error)
    })
    child.on('close', code => {
      release()
      if (received !== undefined) reject(new Interrupted(received))
      else resolve({ ok: code === 0, output: Buffer.concat(chunks).toString('utf8').trim() })
    })
  })
}
