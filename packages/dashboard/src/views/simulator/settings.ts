/** What a server's own time daemon says: true time, nothing, or the same as the server's wrong clock. */
export type Daemon = 'right' | 'dead' | 'misled'

export interface ServerSetting {
  readonly name: string
  /** The wall clock minus true time. */
  readonly offsetMs: number
  readonly daemon: Daemon
}

/** The fleet as whoever watches it wants it. */
export interface Settings {
  readonly servers: readonly ServerSetting[]
  readonly storeOffsetMs: number
  /** Who issues the tokens: the servers in turn, or somebody else whose clock this is. */
  readonly issuerOffsetMs: number | undefined
  readonly lifetimeSeconds: number
}

export const lifetimesSeconds = [60, 300, 900] as const

const names = ['web-1', 'web-2', 'web-3', 'web-4', 'web-5'] as const

export const allRight: Settings = {
  servers: names.map(name => ({ name, offsetMs: 0, daemon: 'right' })),
  storeOffsetMs: 0,
  issuerOffsetMs: undefined,
  lifetimeSeconds: 300,
}

/** What there is to be seen at first: one clock is wrong. */
export const firstSettings: Settings = withServer(allRight, 'web-3', { offsetMs: 180_000 })

export function withServer(
  settings: Settings,
  name: string,
  change: Partial<Omit<ServerSetting, 'name'>>,
): Settings {
  const servers = settings.servers.map(server => (server.name === name ? { ...server, ...change } : server))
  return { ...settings, servers }
}

/** The same fleet and tokens, with all clocks and daemons right. */
export function setRight(settings: Settings): Settings {
  return {
    ...settings,
    servers: allRight.servers,
    storeOffsetMs: 0,
    issuerOffsetMs: settings.issuerOffsetMs === undefined ? undefined : 0,
  }
}

export interface WrongClock {
  readonly name: string
  readonly offsetMs: number
}

/** Less than this nobody can do anything about. */
const negligibleMs = 0.5

/** The clocks that are off, the worst first. */
export function wrongClocks({ servers, storeOffsetMs, issuerOffsetMs }: Settings): readonly WrongClock[] {
  const clocks = [
    ...servers,
    { name: 'the store', offsetMs: storeOffsetMs },
    { name: 'the issuer', offsetMs: issuerOffsetMs ?? 0 },
  ]
  return clocks
    .filter(({ offsetMs }) => Math.abs(offsetMs) >= negligibleMs)
    .sort((a, b) => Math.abs(b.offsetMs) - Math.abs(a.offsetMs))
    .map(({ name, offsetMs }) => ({ name, offsetMs }))
}
