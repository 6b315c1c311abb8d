import process from 'node:process'
import { Interrupted } from './run.mjs'

const oldestNode = { major: 20, minor: 19 }

/** Something that the person at the terminal can mend: shown as its message, without a stack. */
export class Failure extends Error {}

/** @param {string} version such as `process.versions.node` */
export function nodeIsTooOld(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < oldestNode.major || (major === oldestNode.major && minor < oldestNode.minor)
}

/**
 * Runs a script: whatever it throws becomes one line and exit code 1.
 *
 * @param {() => Promise<void>} script
 */
export async function main(script) {
  try {
    if (nodeIsTooOld(process.versions.node)) {
      throw new Failure(
        `Node ${oldestNode.major}.${oldestNode.minor} or newer is needed; this is ${process.versions.node}.`,
      )
    }
    await script()
  } catch (error) {
    if (error instanceof Interrupted) {
      process.kill(process.pid, error.signal)
      return
    }
    console.error(error instanceof Failure ? error.message : error)
    process.exitCode = 1
  }
}
