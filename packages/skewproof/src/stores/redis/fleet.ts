import {
  type FleetDescriptions,
  type FleetReading,
  type FleetStore,
  forgetAfterMs,
  maxDescriptionLength,
  maxNodes,
  maxReportLength,
  type NodeDescription,
  type NodeWord,
} from '../fleet-store.ts'
import { checkNode, checkWord } from '../fleet-word.ts'
import type { Connection } from './connection.ts'
import { evaluate } from './evaluate.ts'
import { listOf, numberOf, textOf, unreadable } from './reply.ts'
import { asStoreError } from './runner.ts'
import { beatFleet, describeFleet, leaveFleet } from './scripts/fleet.ts'

/** The nodes of all machines, by the wall clock of Redis. */
export class RedisFleet implements FleetStore {
  readonly beatEveryMs = 1000
  readonly resolutionMs = 0.001
  readonly tellsTimeOfDay = true
  readonly #connection: Connection
  readonly #keys: readonly [string, ...string[]]

  constructor(connection: Connection, keyPrefix: string) {
    this.#connection = connection
    const prefix = `${keyPrefix}:{fleet}:`
    this.#keys = [
      `${prefix}state`,
      ...['seen', 'reports', 'descriptions', 'snapshot'].map(name => prefix + name),
    ]
  }

  async beat(word: NodeWord): Promise<FleetReading> {
    checkWord(word)
    const { node, report, description } = word
    const limits = [forgetAfterMs, maxNodes, maxReportLength]
    const answer = listOf(await this.#run(beatFleet, [node, report, description, ...limits]))
    const [seconds, microseconds, epoch, sequence, reports] = answer
    return {
      timeMs: timeOf(seconds, microseconds),
      epoch: textOf(epoch).slice(0, 64),
      sequence: numberOf(sequence),
      reports: textOf(reports)
        .split('\n', maxNodes)
        .filter(line => line.length <= maxReportLength),
    }
  }

  async readDescriptions(): Promise<FleetDescriptions> {
    const limits = [forgetAfterMs, maxNodes, maxDescriptionLength]
    const [seconds, microseconds, ...rest] = listOf(await this.#run(describeFleet, limits))
    const nodes: NodeDescription[] = []
    for (let index = 0; index + 2 < rest.length; index += 3) {
      const [node, at, description] = rest.slice(index, index + 3).map(textOf)
      const atMs = Number(at)
      if (node === undefined || description === undefined || !Number.isFinite(atMs)) throw unreadable()
      if (description.length <= maxDescriptionLength) nodes.push({ node, atMs, description })
    }
    return { timeMs: timeOf(seconds, microseconds), nodes }
  }

  async leave(node: string): Promise<void> {
    checkNode(node)
    await this.#run(leaveFleet, [node])
  }

  async #run(text: string, args: readonly (string | number)[]): Promise<unknown> {
    try {
      return (await evaluate(this.#connection, text, this.#keys, args)).value
    } catch (error) {
      throw asStoreError(error)
    }
  }
}

/** Of what `TIME` answers. */
function timeOf(seconds: unknown, microseconds: unknown): number {
  const timeMs = Number(textOf(seconds)) * 1000 + Number(textOf(microseconds)) / 1000
  if (!Number.isFinite(timeMs)) throw unreadable()
  return timeMs
}
