import cluster, { type Worker } from 'node:cluster'
import type { Measurements } from './prometheus.ts'

/**
 * Prometheus asks one port, and whichever worker it reaches answers for all: that one asks the supervisor, which asks each
 * worker, and passes on what they measured.
 */
type Message =
  | { readonly metrics: 'gather'; readonly id: number }
  | { readonly metrics: 'collect'; readonly gathering: string }
  | { readonly metrics: 'collected'; readonly gathering: string; readonly measurements: Measurements }
  | {
      readonly metrics: 'gathered'
      readonly id: number
      readonly workers: readonly (readonly [string, Measurements])[]
    }

/** A worker that has not answered by then is left out. */
const answerWithinMs = 2000

/** The supervisor's side. */
export function relayMetrics(): void {
  const gatherings = new Map<string, (worker: Worker, measurements: Measurements) => void>()
  cluster.on('message', (worker, message: unknown) => {
    if (!isMessage(message)) return
    if (message.metrics === 'gather') gather(worker, message.id)
    if (message.metrics === 'collected') gatherings.get(message.gathering)?.(worker, message.measurements)
  })

  function gather(asker: Worker, id: number): void {
    const gathering = `${asker.id}/${id}`
    const asked = Object.values(cluster.workers ?? {}).filter(worker => worker?.isConnected() === true)
    const workers = new Map<string, Measurements>()
    const finish = () => {
      clearTimeout(timer)
      gatherings.delete(gathering)
      if (asker.isConnected()) send(asker, { metrics: 'gathered', id, workers: [...workers] })
    }
    const timer = setTimeout(finish, answerWithinMs)
    gatherings.set(gathering, (worker, measurements) => {
      workers.set(String(worker.id), measurements)
      if (workers.size === asked.length) finish()
    })
    for (const worker of asked) if (worker !== undefined) send(worker, { metrics: 'collect', gathering })
  }
}

/** A worker's side: answers the supervisor, and asks it for what all workers measured. */
export function joinMetrics(
  collect: () => Promise<Measurements>,
): () => Promise<ReadonlyMap<string, Measurements>> {
  const waiting = new Map<number, (workers: ReadonlyMap<string, Measurements>) => void>()
  let lastId = 0
  process.on('message', (message: unknown) => {
    if (!isMessage(message)) return
    if (message.metrics === 'collect') void answer(message.gathering)
    if (message.metrics === 'gathered') {
      waiting.get(message.id)?.(new Map(message.workers))
      waiting.delete(message.id)
    }
  })

  async function answer(gathering: string): Promise<void> {
    const measurements = await collect()
    tellSupervisor({ metrics: 'collected', gathering, measurements })
  }

  return () =>
    new Promise(resolve => {
      lastId += 1
      waiting.set(lastId, resolve)
      tellSupervisor({ metrics: 'gather', id: lastId })
    })
}

function send(to: Worker, message: Message): void {
  to.send(message)
}

function tellSupervisor(message: Message): void {
  const { worker } = cluster
  if (worker?.isConnected() === true) send(worker, message)
}

function isMessage(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'metrics' in message
}
