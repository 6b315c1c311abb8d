import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of the benchmark's own that does what it is told: one answer for each message. */
export interface Worker {
  readonly pid: number
  /** @throws Error with what went wrong there */
  ask<Answer>(message: object): Promise<Answer>
  end(): Promise<void>
}

/** @param name of a file in `workers/` */
export async function startWorker(name: string, args: readonly string[] = []): Promise<Worker> {
  const path = fileURLToPath(new URL(`../workers/${name}.js`, import.meta.url))
  const child = fork(path, args, { execArgv: ['--expose-gc', '--max-old-space-size=12288'] })
  await answerOf(child)
  return {
    pid: child.pid ?? 0,
    async ask<Answer>(message: object) {
      child.send(message)
      return (await answerOf(child)) as Answer
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const { signal } = ended
  try {
    const [answer] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`a process of the benchmark ended with ${code}`)
      }),
    ])
    if (typeof answer === 'object' && answer !== null && 'problem' in answer) throw new Error(answer.problem)
    return answer
  } finally {
    ended.abort()
  }
}

/** The other side: says that it is ready, and answers each message. */
export function answerMessages<Message>(handle: (message: Message) => Promise<object>): void {
  process.on('message', (message: Message) => {
    handle(message).then(
      answer => process.send?.(answer),
      (error: unknown) =>
        process.send?.({ problem: error instanceof Error ? `${error.stack}` : String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ ready: true })
}
