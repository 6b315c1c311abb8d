// All recipes, and what the frameworks do without them, in one process with one clock. Prints where they are, once they are.
import { once } from 'node:events'
import { usual } from './usual.mjs'

/** @param {unknown} given */
async function addressOf(given) {
  const server = /** @type {import('node:http').Server} */ (given)
  if (!server.listening) await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return `http://127.0.0.1:${address.port}`
}

const addresses = []
for (const [name, start] of Object.entries(usual)) {
  const { server } = await import(`../../examples/dist/${name}/server.js`)
  addresses.push([name, { recipe: await addressOf(server), usual: await addressOf(await start()) }])
}
console.log(JSON.stringify(Object.fromEntries(addresses)))
