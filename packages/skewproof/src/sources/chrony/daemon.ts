import { isAbsolute } from 'node:path'
import type { HostClock } from '../../clock/host.ts'
import { type MeasureContext, SourceError } from '../../clock/source.ts'
import { OptionError } from '../../time/index.ts'
import { formatEndpoint } from '../net/endpoint.ts'
import { type UdpConnection, UdpEndpoint } from '../net/udp.ts'
import { readWall } from '../wall.ts'
import { askActivity, askSources, askStatistics, askTracking } from './ask.ts'
import { type ChronycOptions, runChronyc } from './chronyc.ts'
import { parseCsv } from './csv.ts'
import type { Observation } from './observation.ts'
import type { ChronyReport, ChronySource } from './report.ts'
import { isThisMachine } from './this-machine.ts'

export interface ChronyOptions {
  /** Where chronyd of this machine takes commands over UDP. Default `127.0.0.1`. */
  host?: string
  /** Default 323. */
  port?: number
  /** The path of its Unix socket instead, which is asked through `chronyc`. */
  socket?: string
  /** The absolute path of `chronyc`. Default: where packages put it. */
  chronyc?: string
}

/** An update of chronyd's estimate between two questions: they are asked again. */
const attempts = 5

const defaultHost = '127.0.0.1'
const standardPort = 323

/** chronyd, over UDP or through chronyc. */
export class ChronyDaemon {
  readonly name: string
  readonly #udp: UdpEndpoint | undefined
  readonly #chronyc: ChronycOptions
  /** Somebody who names an address wants that one. */
  readonly #mayFallBack: boolean

  constructor({ host, port, socket, chronyc }: ChronyOptions, defaultPort: number = standardPort) {
    requirePath('socket', socket)
    requirePath('chronyc', chronyc)
    if (socket !== undefined && (host !== undefined || port !== undefined)) {
      throw new OptionError('socket', 'a path and an address cannot both be given')
    }
    const endpoint = { host: host ?? defaultHost, port: port ?? defaultPort }
    this.#udp = socket === undefined ? new UdpEndpoint(endpoint) : undefined
    this.#chronyc = { chronyc, socket }
    this.#mayFallBack = host === undefined && port === undefined
    const address = socket ?? formatEndpoint(endpoint, defaultPort)
    this.name = this.#mayFallBack && socket === undefined ? 'chrony' : `chrony:${address}`
  }

  /**
   * What it says of the clock, and this process's clocks before and after.
   *
   * @throws SourceError also when it does not tell of its sources
   */
  async observe(context: MeasureContext): Promise<Observation> {
    const asked = readWall(context.host)
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const { sources, ...observation } = await this.#ask(
        context,
        udp => observe(udp, context.host),
        () => this.#observeByChronyc(context),
      )
      if (sources === undefined) throw new SourceError('unsupported', 'chronyd does not tell of its sources')
      if (!observation.isInterrupted) return { ...observation, sources, asked }
    }
    throw new SourceError('absurd', 'chronyd corrects its estimate faster than it can be asked for it')
  }

  /** All that it tells. */
  report(context: MeasureContext): Promise<ChronyReport> {
    return this.#ask(context, report, () => this.#reportByChronyc(context))
  }

  async #ask<T>(
    context: MeasureContext,
    overUdp: (udp: UdpConnection) => Promise<T>,
    byChronyc: () => Promise<T>,
  ): Promise<T> {
    if (this.#udp === undefined) return await byChronyc()
    try {
      return await this.#udp.connect(context, udp => {
        requireThisMachine(udp.address)
        return overUdp(udp)
      })
    } catch (error) {
      if (!(error instanceof SourceError) || error.reason !== 'unreachable' || !this.#mayFallBack) throw error
      return await byChronyc().catch((cause: unknown) => {
        if (!(cause instanceof SourceError)) throw cause
        const message = `chronyd does not answer (${error.message}; ${cause.message}): is it running?`
        throw new SourceError(cause.reason, message, { cause })
      })
    }
  }

  async #reportByChronyc({ signal }: MeasureContext): Promise<ChronyReport> {
    const commands = ['tracking', 'sources', 'sourcestats', 'activity']
    return parseCsv(await runChronyc(this.#chronyc, commands, signal)).report
  }

  async #observeByChronyc({ host, signal }: MeasureContext): Promise<Attempt> {
    const before = readWall(host)
    const printed = await runChronyc(this.#chronyc, ['tracking', 'sources', 'tracking'], signal)
    const after = readWall(host)
    const { report, isInterrupted } = parseCsv(printed)
    return { ...report, isInterrupted, before, after }
  }
}

/** An observation, if no update of chronyd's estimate interrupted it. */
interface Attempt extends Omit<Observation, 'sources' | 'asked'> {
  readonly sources: readonly ChronySource[] | undefined
  readonly isInterrupted: boolean
}

async function observe(udp: UdpConnection, host: HostClock): Promise<Attempt> {
  const { referenceTimeMs } = await askTracking(udp)
  const sources = await askSources(udp)
  const before = readWall(host)
  const tracking = await askTracking(udp)
  const after = readWall(host)
  // It is as good as unique: a part of it is random.
  return { tracking, sources, before, after, isInterrupted: tracking.referenceTimeMs !== referenceTimeMs }
}

async function report(udp: UdpConnection): Promise<ChronyReport> {
  const tracking = await askTracking(udp)
  const sources = await askSources(udp)
  return {
    tracking,
    sources: sources && (await askStatistics(udp, sources)),
    activity: await askActivity(udp),
  }
}

function requirePath(option: string, path: string | undefined): void {
  if (path !== undefined && !isAbsolute(path))
    throw new OptionError(option, `'${path}' is not an absolute path`)
}

/** What another machine's chronyd says of its own clock tells nothing of this one. */
function requireThisMachine(address: string): void {
  if (isThisMachine(address)) return
  throw new SourceError(
    'unsupported',
    `${address} is not this machine, and chronyd only tells how far its own machine's clock is off; use sntp:${address}`,
  )
}
