// One of the lab's servers: every policy behind a path of its own, in one process, on one wrong wall clock. It is told the
// settings of a story, plays it, and forgets it.
import { createServer } from 'node:http'
import process from 'node:process'
import express from 'express'
import { addAuto } from './auto.mjs'
import { sayWhen } from './instants.mjs'
import { addConfiguration } from './keys.mjs'
import { addPeers } from './peers.mjs'
import { addStatic } from './static.mjs'

/**
 * @typedef {{
 *   name: string,
 *   chronyPort: number | undefined,
 *   textbookRedis: string,
 *   autoRedis: string,
 *   storeKey: string,
 *   secrets: { kid: string, value: string, fromMs: number }[],
 *   maxTokenAgeSeconds: number,
 *   hasForeignIssuer: boolean,
 *   isIssuer: boolean,
 * }} Settings
 */

/** Ends what a story needed, the last first. @type {(() => unknown)[]} */
const ends = []

const idle = express()
idle.disable('x-powered-by')
idle.post('/lab/story', express.json(), async (request, response) => {
  current = await storyApp(request.body)
  response.end()
})
idle.delete('/lab/story', async (_request, response) => {
  current = idle
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end()
  response.end()
})
let current = idle

/** @param {Settings} settings */
async function storyApp(settings) {
  const app = express()
  app.disable('x-powered-by')
  app.use(sayWhen)
  app.use(express.json())
  addConfiguration(app, settings)
  ends.push(await addPeers(app, settings))
  if (!settings.isIssuer) {
    addStatic(app, settings)
    ends.push(await addAuto(app, settings))
  }
  app.use(idle)
  return app
}

const [, , address] = process.argv
const server = createServer((request, response) => void current(request, response))
server.listen(0, address, () => console.log(JSON.stringify(server.address())))
