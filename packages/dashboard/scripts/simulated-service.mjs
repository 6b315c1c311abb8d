// A service whose fleet is made up: for states that real processes are not brought into quickly, such as a thousand nodes.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { readPageFiles } from '../../server/dist/service/page/files.js'
import { pageHeaders } from '../../server/dist/service/page/headers.js'

const startedMs = Date.UTC(2026, 10, 25, 14, 0, 0)

/** @typedef {import('skewproof/fleet').FleetNode} FleetNode */
/** @typedef {import('skewproof/fleet').FleetStatus} Fleet */

/**
 * @typedef {object} SimulatedService
 * @property {string} url
 * @property {() => Promise<void>} stop
 */

/**
 * Serves the built page, and a fleet that changes once a second.
 *
 * @param {{ nodes: readonly FleetNode[], sentence?: string, view?: Partial<Fleet['view']>, intervalMs?: number, port?: number, happenings?: readonly object[], issuers?: Fleet['issuers'] }} options
 * @returns {Promise<SimulatedService>}
 */
export async function startSimulatedService(options) {
  const {
    nodes,
    sentence = 'Every clock is right.',
    view = {},
    intervalMs = 1000,
    port = 0,
    happenings = [],
    issuers = [],
  } = options
  const files = readPageFiles()
  /** @type {Set<import('node:http').ServerResponse>} */
  const listeners = new Set()
  let tick = 0
  let now = nodes

  /** @param {string} event @param {unknown} body */
  const format = (event, body) => `event: ${event}\ndata: ${JSON.stringify(body)}\n\n`
  const state = () => ({
    serverTimeMs: startedMs + tick * 1000,
    view: { kind: 'utc', storeOffsetMs: 12, errorMs: 1.2, agreeing: [], outvoted: [], alarm: null, ...view },
    sentence,
  })

  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const file = files.get(path)
    if (file !== undefined) {
      response.writeHead(200, { ...pageHeaders, 'content-type': file.type }).end(file.body)
    } else if (path === '/v1/session') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"may_read":true}')
    } else if (path === '/v1/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(format('fleet', { ...state(), self: nodes[0]?.node ?? '', nodes: now, issuers }))
      for (const one of happenings) response.write(format('happening', one))
      listeners.add(response)
      response.on('close', () => listeners.delete(response))
    } else response.writeHead(404).end()
  })
  const timer = setInterval(() => {
    tick += 1
    now = now.map(node => wander(node, tick))
    const event = format('nodes', { ...state(), changed: now, gone: [] })
    for (const listener of listeners) listener.write(event)
  }, intervalMs)

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async stop() {
      clearInterval(timer)
      server.close()
      server.closeAllConnections()
    },
  }
}

/** A clock drifts a little, and what it serves varies. @param {FleetNode} node @param {number} tick @returns {FleetNode} */
function wander(node, tick) {
  const wave = Math.sin(tick / 7 + node.node.length + node.node.charCodeAt(node.node.length - 1))
  return {
    ...node,
    offsetMs: node.offsetMs === null ? null : node.offsetMs + wave * 0.05,
    errorMs: node.errorMs === null ? null : Math.max(0.2, node.errorMs + wave * 0.02),
    reportedAgoMs: 400 + 300 * wave,
    verdictsPerSecond: Object.fromEntries(
      Object.entries(node.verdictsPerSecond).map(([name, rate]) => [
        name,
        Math.max(0, rate * (1 + wave * 0.02)),
      ]),
    ),
  }
}

/**
 * So many nodes: all right, but for one that is outvoted and one that is a little off.
 *
 * @param {number} count 24 or more
 */
export function simulatedFleet(count) {
  const nodes = Array.from({ length: count }, (_, number) => simulatedNode(number))
  nodes[17] = simulatedNode(17, { offsetMs: 180_000.2, standing: 'outvoted', ready: false })
  nodes[23] = simulatedNode(23, { offsetMs: -420, errorMs: 12 })
  return { nodes, sentence: `web-17 is 3 min ahead of the fleet; ${count - 1} others disagree.` }
}

/**
 * A node of the fleet, right unless told otherwise.
 *
 * @param {number} number
 * @param {Partial<FleetNode>} [different]
 * @returns {FleetNode}
 */
export function simulatedNode(number, different = {}) {
  const host = different.host ?? `web-${number}`
  const offsetMs = Math.sin(number * 12.9898) * 1.5
  return {
    node: `${host}:${4000 + number}`,
    host,
    role: 'service',
    version: '0.1.0',
    startedAgoMs: 3_600_000 + number * 1000,
    reportedAgoMs: 350,
    clock: { status: 'synchronized', errorMs: 1.1 + (number % 7) / 3, wallOffsetMs: offsetMs },
    offsetMs,
    errorMs: 1.4 + (number % 7) / 2,
    ownOffsetMs: offsetMs / 10,
    ownErrorMs: 1.2,
    standing: 'agreeing',
    ready: true,
    reasons: [],
    sinceMs: 3_590_000,
    sources: [{ name: 'chrony', status: 'selected', offsetMs: offsetMs / 10, errorMs: 1.2 }],
    happenings: [],
    verdictsPerSecond: { valid: 120 + (number % 5), ERR_TOKEN_EXPIRED: 0.4, ERR_TOKEN_REVOKED: 0.1 },
    ...different,
  }
}
