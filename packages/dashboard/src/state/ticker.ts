import { signal } from '@preact/signals'

/**
 * About once a second, how long the page has been open, in ms. It comes from the browser's frames, which run on its monotonic
 * clock, and count from the same instant as the time stamps of events: the page never looks at this device's own clock, which
 * may be wrong as well.
 */
export const pageMs = signal(0)

const intervalMs = 1000

export function startTicking(): void {
  let nextMs = 0
  requestAnimationFrame(function tick(frameMs) {
    if (frameMs >= nextMs) {
      pageMs.value = frameMs
      nextMs = frameMs + intervalMs - 8
      setTimeout(() => requestAnimationFrame(tick), intervalMs - 50)
    } else requestAnimationFrame(tick)
  })
}
