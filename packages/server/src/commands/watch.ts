import process from 'node:process'
import { printable } from '../printable.ts'

const everyMs = 1000

/** Shows something once a second, one after the other, until somebody interrupts or has read enough. */
export async function watch(show: () => Promise<void> | void): Promise<void> {
  let isOver = false
  const over = new Promise<void>(resolve => {
    const end = (): void => {
      isOver = true
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
    // Whoever reads may have had enough, as `head` has.
    process.stdout.once('error', end)
  })
  while (!isOver) {
    await show()
    let timer: NodeJS.Timeout | undefined
    const pause = new Promise<void>(resolve => {
      timer = setTimeout(resolve, everyMs)
    })
    await Promise.race([pause, over])
    clearTimeout(timer)
  }
}

/** Draws over what was drawn before; begins with an empty screen. */
export function screen(): (text: string) => void {
  process.stdout.write('\x1b[2J')
  // Each line is cleared to its end, then the rest of the screen.
  return text =>
    void process.stdout.write(`\x1b[H${printable(text).replaceAll('\n', '\x1b[K\n')}\x1b[K\n\x1b[J`)
}
