import cluster, { type Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { relayMetrics } from './telemetry/worker-metrics.ts'

/** The code of a worker that cannot start: another would not start either. */
const misconfigured = 2
const restartDelayMs = 1000

/**
 * Runs a number of workers that share one port, and replaces those that die, until a signal says to stop. The first has to
 * be listening before the others are started, so that a fault is reported once.
 */
export async function superviseWorkers(count: number, onListening: (url: string) => void): Promise<void> {
  let isStopping = false
  const running = new Set<Worker>()
  const ends: Promise<void>[] = []

  function stop(): void {
    isStopping = true
    for (const worker of running) worker.process.kill('SIGTERM')
  }

  function start(): Promise<string | undefined> {
    const worker = cluster.fork()
    running.add(worker)
    ends.push(superviseOne(worker))
    return listeningUrl(worker)
  }

  async function superviseOne(worker: Worker): Promise<void> {
    const code = await exitCode(worker)
    running.delete(worker)
    if (isStopping) return
    if (code === misconfigured) {
      process.exitCode = misconfigured
      stop()
      return
    }
    process.stderr.write(
      `skewproof: worker ${worker.process.pid} ended unexpectedly; another takes its place\n`,
    )
    await sleep(restartDelayMs)
    if (!isStopping) void start()
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  relayMetrics()
  const url = await start()
  if (url !== undefined) {
    await Promise.all(Array.from({ length: count - 1 }, start))
    onListening(url)
  }
  // Workers that are started later are waited for as well.
  for (let index = 0; index < ends.length; index += 1) await ends[index]
}

function exitCode(worker: Worker): Promise<number | null> {
  return new Promise(resolve => worker.once('exit', code => resolve(code)))
}

/** Where a worker listens; `undefined` when it ended before it did. */
function listeningUrl(worker: Worker): Promise<string | undefined> {
  return new Promise(resolve => {
    worker.once('exit', () => resolve(undefined))
    worker.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'listening' in message)
        resolve(String(message.listening))
    })
  })
}
