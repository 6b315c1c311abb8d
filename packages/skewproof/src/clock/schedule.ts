/** Runs something later. Returns how to cancel it. */
export type Schedule = (delayMs: number, action: () => void) => () => void

/** Does not keep the process alive. */
export const scheduleUnreferenced: Schedule = (delayMs, action) => {
  const timer = setTimeout(action, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}

/** Keeps the process alive until then. */
export const scheduleReferenced: Schedule = (delayMs, action) => {
  const timer = setTimeout(action, delayMs)
  return () => clearTimeout(timer)
}
