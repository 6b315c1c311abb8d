// Prints what `skewproof fleet` says of five real servers, of which one has a wrong clock and trusts it:
//
//   node packages/dashboard/scripts/print-fleet.mjs     needs the Debian packages faketime and redis-server
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { root } from '../../../scripts/lib/root.mjs'
import { fiveMachines, RealFleet } from './real-fleet.mjs'

/** What the command prints of a fleet, as it is now. @param {RealFleet} fleet @returns {Promise<string>} */
export function printFleet({ first }) {
  const bin = join(root, 'packages/server/bin/skewproof.js')
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [bin, 'fleet', '--url', first.url], (error, stdout, stderr) => {
      // 1 says that something is wrong, which it is.
      if (error === null || error.code === 1) resolve(stdout)
      else reject(new Error(stderr))
    })
  })
}

async function main() {
  const fleet = await RealFleet.start(fiveMachines)
  try {
    for (;;) {
      const text = await printFleet(fleet)
      if (text.includes('It takes no traffic')) return text
      await sleep(500)
    }
  } finally {
    await fleet.stop()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(await main())
