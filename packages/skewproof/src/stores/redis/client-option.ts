import { OptionError } from '../../time/index.ts'
import type { HowToConnect, ServerAddress } from './server-address.ts'

type Address = { host: string; port: number }

interface HowToConnectToCluster {
  readonly rootNodes: readonly HowToConnect[]
  readonly defaults?: HowToConnect
  readonly nodeAddressMap?: Readonly<Record<string, Address>> | ((address: string) => Address | undefined)
}

/** A client of node-redis, of `createClient` or `createCluster`, connected or not: what is used of it is how it connects. */
export type NodeRedisClient =
  | { readonly options: HowToConnect | undefined }
  | { readonly _options: HowToConnectToCluster }

/** Where the servers of a client are, and how to log in there. */
export interface ClientServers {
  readonly server: ServerAddress
  readonly cluster: ClusterNodes | undefined
}

export interface ClusterNodes {
  /** `host:port` of each. */
  readonly nodes: readonly string[]
  /** By what address a node is reached from here. */
  readonly reach: (node: string) => string
}

const defaultPort = 6379

/**
 * Reads how a client connects. All else is not taken over: its queue, its deadlines and when it connects again.
 *
 * @throws OptionError when it is no such client
 */
export function readClient(client: NodeRedisClient): ClientServers {
  // ioredis has options too, which mean something else.
  const isForeign = typeof client !== 'object' || client === null || 'call' in client
  if (!isForeign && '_options' in client && Array.isArray(client._options?.rootNodes))
    return readCluster(client._options)
  if (!isForeign && 'options' in client)
    return { server: readServer(client.options ?? {}), cluster: undefined }
  throw new OptionError(
    'client',
    'use a client of createClient or createCluster of node-redis; for Sentinels there is the option sentinel',
  )
}

function readCluster({ rootNodes, defaults, nodeAddressMap }: HowToConnectToCluster): ClientServers {
  const mapped = (node: string): Address | undefined =>
    typeof nodeAddressMap === 'function' ? nodeAddressMap(node) : nodeAddressMap?.[node]
  return {
    server: readServer(defaults ?? {}),
    cluster: {
      nodes: rootNodes.map(node => nameOf(addressOf(node))),
      reach: node => {
        const address = mapped(node)
        return address === undefined ? node : nameOf(address)
      },
    },
  }
}

function readServer(options: HowToConnect): ServerAddress {
  const { url: _, database, ...inherited } = options
  return {
    ...addressOf(options),
    database: database ?? 0,
    username: undefined,
    password: undefined,
    tls: undefined,
    inherited,
  }
}

/** `createClient` has read its URL already, `createCluster` has not. */
function addressOf({ socket, url }: HowToConnect): Address {
  const parsed = url !== undefined && URL.canParse(url) ? new URL(url) : undefined
  const { host, port } = { host: undefined, port: undefined, ...socket }
  const fromUrl = parsed?.hostname.replace(/^\[(.*)\]$/, '$1')
  return { host: host ?? fromUrl ?? 'localhost', port: Number(port ?? (parsed?.port || defaultPort)) }
}

function nameOf({ host, port }: Address): string {
  return `${host}:${port}`
}
