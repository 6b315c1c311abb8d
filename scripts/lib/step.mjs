import process from 'node:process'

const showAfterMs = 300
const terminalIntervalMs = 100
const logIntervalMs = 15_000

/**
 * Does a piece of work and shows how long it takes. Work that is done at once stays unmentioned.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startedMs = performance.now()
  const line = () => `${title} … ${((performance.now() - startedMs) / 1000).toFixed(1)} s`
  const terminal = process.stderr.isTTY === true
  let shown = false
  const show = () => {
    process.stderr.write(terminal ? `\r${line()}` : `${shown ? line() : `${title} …`}\n`)
    shown = true
  }
  /** @type {NodeJS.Timeout | undefined} */
  let interval
  const timer = setTimeout(() => {
    show()
    interval = setInterval(show, terminal ? terminalIntervalMs : logIntervalMs)
  }, showAfterMs)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
    clearInterval(interval)
    if (shown) process.stderr.write(terminal ? `\r${line()}\n` : `${line()}, done\n`)
  }
}
