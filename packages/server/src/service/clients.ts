import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { TokenError, type TokenStore } from 'skewproof'

/** Somebody who may use the service in its own name (RFC 6749, section 2). */
export interface Client {
  readonly clientId: string
  /** SHA-256 of the secret, base64url. The secret has 256 random bits, so no slower hash is needed. */
  readonly secretHash: string
  /** What `client_credentials` may ask for, space-separated. */
  readonly scope: string
  readonly isAdmin: boolean
}

/** A client with the bytes of its secret's hash, which are needed for each request. */
interface KnownClient {
  readonly client: Client
  readonly secretDigest: Buffer
}

export interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** The scope that makes a bearer token an administrator's. */
export const adminScope = 'skewproof:admin'

const documentName = 'clients'
const maxClients = 10_000

/** The registered clients, in a document of the store that all nodes share. */
export class ClientRegistry {
  readonly #store: TokenStore
  readonly #changes: ReturnType<TokenStore['openFeed']>
  #known: ReadonlyMap<string, KnownClient> | undefined
  #changeCount = 0

  constructor(store: TokenStore) {
    this.#store = store
    this.#changes = store.openFeed()
  }

  /** The client whose secret it is; `undefined` when there is no such client or it is another's. */
  async authenticate(clientId: string, clientSecret: string): Promise<Client | undefined> {
    const known = (this.#current() ?? (await this.#load())).get(clientId)
    // The comparison is made for unknown clients too, so that its time tells nothing.
    const matches = timingSafeEqual(digest(clientSecret), known?.secretDigest ?? noDigest)
    return matches ? known?.client : undefined
  }

  /** The client of this name, without a look at its secret. */
  async find(clientId: string): Promise<Client | undefined> {
    return (this.#current() ?? (await this.#load())).get(clientId)?.client
  }

  async list(): Promise<readonly Client[]> {
    return [...(this.#current() ?? (await this.#load())).values()].map(({ client }) => client)
  }

  /** Registers a client and returns its secret, which is not kept. */
  async add(options: { scope: string; isAdmin: boolean }): Promise<ClientCredentials> {
    const credentials = {
      clientId: `client_${randomBytes(12).toString('base64url')}`,
      clientSecret: randomBytes(32).toString('base64url'),
    }
    await this.#update(clients => {
      if (clients.length >= maxClients)
        throw new RangeError(`there are ${maxClients} clients, and no more are taken`)
      const secretHash = digest(credentials.clientSecret).toString('base64url')
      return [...clients, { clientId: credentials.clientId, secretHash, ...options }]
    })
    return credentials
  }

  /** `false` when there is no such client. */
  async remove(clientId: string): Promise<boolean> {
    let found = false
    await this.#update(clients => {
      found = clients.some(client => client.clientId === clientId)
      return clients.filter(client => client.clientId !== clientId)
    })
    return found
  }

  /** The first administrator, unless there is one already. Of several processes that start at once, one makes it. */
  async addFirstAdmin(): Promise<ClientCredentials | undefined> {
    const { version } = await this.#store.readDocument(documentName)
    if (version > 0) return undefined
    const claimed = await this.#store.writeDocument(documentName, '[]', 0)
    return claimed ? this.add({ scope: adminScope, isAdmin: true }) : undefined
  }

  close(): void {
    this.#changes.close()
  }

  /** What was read and has not changed since; `undefined` when it must be read. */
  #current(): ReadonlyMap<string, KnownClient> | undefined {
    if (this.#hasChanged()) {
      this.#known = undefined
      this.#changeCount += 1
    }
    return this.#known
  }

  async #load(): Promise<ReadonlyMap<string, KnownClient>> {
    const changeCount = this.#changeCount
    const { value } = await this.#store.readDocument(documentName)
    const clients = new Map(parse(value).map(client => [client.clientId, known(client)]))
    // What was heard of while it was read may not be in it.
    if (changeCount === this.#changeCount) this.#known = clients
    return clients
  }

  #hasChanged(): boolean {
    try {
      return this.#changes
        .take()
        .some(
          change =>
            change.kind === 'everything' || (change.kind === 'document' && change.name === documentName),
        )
    } catch (error) {
      if (error instanceof TokenError) return true
      throw error
    }
  }

  async #update(change: (clients: readonly Client[]) => readonly Client[]): Promise<void> {
    for (;;) {
      const { version, value } = await this.#store.readDocument(documentName)
      const changed = JSON.stringify(change(parse(value)))
      if (await this.#store.writeDocument(documentName, changed, version)) return
    }
  }
}

function known(client: Client): KnownClient {
  return { client, secretDigest: Buffer.from(client.secretHash, 'base64url') }
}

function digest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

const noDigest = digest('')

function parse(value: string | undefined): readonly Client[] {
  return value === undefined ? [] : (JSON.parse(value) as readonly Client[])
}
