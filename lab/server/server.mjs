// One of the lab's servers: every policy behind a path of its own, in one process, on one wrong wall clock. Its settings
// come as JSON in the environment variable LAB.
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
 *   address: string,
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

/** @type {Settings} */
const settings = JSON.parse(process.env['LAB'] ?? '{}')
const app = express()
app.disable('x-powered-by')
app.use(sayWhen)
app.use(express.json())
app.get('/up', (_request, response) => void response.end())
addConfiguration(app, settings)
await addPeers(app, settings)
if (!settings.isIssuer) {
  addStatic(app, settings)
  await addAuto(app, settings)
}
const server = app.listen(0, settings.address, () => console.log(JSON.stringify(server.address())))
