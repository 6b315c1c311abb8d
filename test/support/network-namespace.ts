import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { run } from './process.ts'
import { type Daemon, end, startDaemon } from './processes.ts'

interface Client {
  readonly host: string
  readonly port: number
}

/** What the two ends of the tunnel tell each other. */
export type TunnelMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'serve'; readonly server: string; readonly port: number }
  | { readonly kind: 'serving'; readonly server: string }
  /** From a client outside to a daemon inside, and back. */
  | { readonly kind: 'ask'; readonly port: number; readonly client: number; readonly bytes: Uint8Array }
  | { readonly kind: 'answer'; readonly port: number; readonly client: number; readonly bytes: Uint8Array }
  /** From a daemon inside to a server outside, and back. */
  | { readonly kind: 'request'; readonly server: string; readonly client: Client; readonly bytes: Uint8Array }
  | { readonly kind: 'reply'; readonly server: string; readonly client: Client; readonly bytes: Uint8Array }

/** A network and mounts of its own, for daemons that insist on ports and paths that a machine has once only. */
export interface NetworkNamespace {
  /** Its own address, besides 127.0.0.1. */
  readonly address: string
  /** Starts a program in it that cannot set this machine's clock; it ends with the test. */
  start(command: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): Daemon
  /** Runs a program in it to its end. */
  run(command: string, args: readonly string[]): Promise<string>
  /** What to put before a command that others run in it. */
  readonly enter: readonly string[]
  /** Lets its daemons reach a UDP port of 127.0.0.1, at `port` of an address of its own, which is returned. */
  serve(target: number, port: number): Promise<string>
  /** A UDP port of 127.0.0.1 that leads to a port of its own 127.0.0.1. */
  expose(port: number): Promise<number>
}

const tunnelPath = fileURLToPath(new URL('udp-tunnel.mjs', import.meta.url))
const nsenter = '/usr/bin/nsenter'
const isRoot = process.getuid?.() === 0
/** Addresses that RFC 5737 keeps for documentation. */
const ownAddress = '192.0.2.1'

/** Whoever is not root gets a namespace of users as well, in which they are. */
const unshareOptions = ['--net', '--mount', ...(isRoot ? [] : ['--map-root-user'])]
const enterOptions = ['--net', '--mount', ...(isRoot ? [] : ['--user', '--preserve-credentials'])]

/** Makes a namespace, and a tunnel between it and 127.0.0.1; it ends with the test. */
export async function startNetworkNamespace(): Promise<NetworkNamespace> {
  systemFile('iproute2')
  const tunnel = spawn('unshare', [...unshareOptions, process.execPath, tunnelPath, ownAddress], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  onTestFinished(() => end(tunnel))
  const { pid } = tunnel
  if (pid === undefined) throw new Error('unshare cannot be run')
  await told(tunnel, message => message.kind === 'ready')
  const enter = [`--target=${pid}`, ...enterOptions]
  let servers = 0
  return {
    address: ownAddress,
    enter: [nsenter, ...enter],
    start: (command, args, options) => {
      const harmless = ['setpriv', '--bounding-set=-sys_time', '--inh-caps=-sys_time', command, ...args]
      return startDaemon(nsenter, [...enter, ...harmless], options)
    },
    run: (command, args) => run(nsenter, [...enter, command, ...args], '/'),
    serve: async (target, port) => {
      servers += 1
      const server = ownAddress.replace(/1$/, String(1 + servers))
      await serve(tunnel, server, target, port)
      return server
    },
    expose: port => expose(tunnel, port),
  }
}

function tell(tunnel: ChildProcess, message: TunnelMessage): void {
  if (tunnel.connected) tunnel.send(message)
}

function listen(tunnel: ChildProcess, on: (message: TunnelMessage) => void): void {
  tunnel.on('message', message => on(message as TunnelMessage))
}

/** Waits until it has said something. */
async function told(tunnel: ChildProcess, isIt: (message: TunnelMessage) => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    tunnel.once('exit', code => reject(new Error(`a network namespace cannot be made: exit code ${code}`)))
    listen(tunnel, message => {
      if (isIt(message)) resolve()
    })
  })
}

async function serve(tunnel: ChildProcess, server: string, target: number, port: number): Promise<void> {
  const sockets = new Map<string, Socket>()
  onTestFinished(() => {
    for (const socket of sockets.values()) socket.close()
  })
  const socketOf = (client: Client): Socket => {
    const key = `${client.host} ${client.port}`
    const known = sockets.get(key)
    if (known !== undefined) return known
    const socket = createSocket('udp4')
    socket.on('message', bytes => tell(tunnel, { kind: 'reply', server, client, bytes }))
    // The server may be gone: then nothing comes back.
    socket.on('error', () => {})
    sockets.set(key, socket)
    return socket
  }
  listen(tunnel, message => {
    if (message.kind !== 'request' || message.server !== server) return
    socketOf(message.client).send(message.bytes, target, '127.0.0.1')
  })
  const serving = told(tunnel, message => message.kind === 'serving' && message.server === server)
  tell(tunnel, { kind: 'serve', server, port })
  await serving
}

async function expose(tunnel: ChildProcess, port: number): Promise<number> {
  const front = createSocket('udp4')
  onTestFinished(() => void front.close())
  front.on('message', (bytes, { port: client }) => tell(tunnel, { kind: 'ask', port, client, bytes }))
  listen(tunnel, message => {
    if (message.kind === 'answer' && message.port === port)
      front.send(message.bytes, message.client, '127.0.0.1')
  })
  front.bind(0, '127.0.0.1')
  await once(front, 'listening')
  return front.address().port
}
