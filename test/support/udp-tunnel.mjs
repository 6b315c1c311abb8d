// Runs in a network namespace, and carries datagrams between it and the process that started it, over Node's IPC channel.
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import process from 'node:process'

/** @typedef {import('./network-namespace.ts').TunnelMessage} TunnelMessage */
/** @typedef {import('node:dgram').Socket} Socket */

/** A socket for each client outside, so that the answers find their way. @type {Map<string, Socket>} */
const clients = new Map()
/** By the address that a server outside has in here. @type {Map<string, Socket>} */
const servers = new Map()

/** @param {TunnelMessage} message */
function tell(message) {
  process.send?.(message)
}

/** @param {number} port @param {number} client */
function socketOf(port, client) {
  const key = `${port} ${client}`
  const known = clients.get(key)
  if (known !== undefined) return known
  const socket = createSocket('udp4')
  socket.on('message', bytes => tell({ kind: 'answer', port, client, bytes }))
  clients.set(key, socket)
  return socket
}

/** @param {string} address */
function addAddress(address) {
  execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo'])
}

/** Stands in for a server outside. @param {string} address @param {number} port */
function serve(address, port) {
  addAddress(address)
  const socket = createSocket('udp4')
  socket.on('message', (bytes, { address: host, port }) => {
    tell({ kind: 'request', server: address, client: { host, port }, bytes })
  })
  socket.bind(port, address, () => tell({ kind: 'serving', server: address }))
  servers.set(address, socket)
}

/** @param {TunnelMessage} message */
function obey(message) {
  if (message.kind === 'serve') serve(message.server, message.port)
  if (message.kind === 'ask')
    socketOf(message.port, message.client).send(message.bytes, message.port, '127.0.0.1')
  if (message.kind === 'reply') {
    servers.get(message.server)?.send(message.bytes, message.client.port, message.client.host)
  }
}

execFileSync('ip', ['link', 'set', 'lo', 'up'])
for (const address of process.argv.slice(2)) addAddress(address)
process.on('message', obey)
process.on('disconnect', () => process.exit())
tell({ kind: 'ready' })
