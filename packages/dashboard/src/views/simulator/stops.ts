/** Where a slider stops, on either side of true time: close together where policies begin to differ. */
const sideSeconds = [
  0.1, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 210, 240, 270, 300,
  360, 420, 480, 540, 600,
] as const

export const maxOffsetMs = 600_000

const sideMs: readonly number[] = sideSeconds.map(seconds => seconds * 1000)

/** The offsets that a slider goes through, from behind to ahead. */
export const stopsMs: readonly number[] = [...sideMs.map(ms => -ms).reverse(), 0, ...sideMs]

/** The slider's positions are counted from true time. */
export const lastStop: number = sideMs.length

export function offsetAt(stop: number): number {
  return stopsMs[stop + lastStop] ?? 0
}

/** The stop that is next to an offset that was typed. */
export function stopFor(offsetMs: number): number {
  let nearest = 0
  stopsMs.forEach((ms, index) => {
    if (Math.abs(ms - offsetMs) < Math.abs(offsetAt(nearest) - offsetMs)) nearest = index - lastStop
  })
  return nearest
}

/** Where a stop lies on its lane: from 0, behind, to 1, ahead. */
export function placeOf(offsetMs: number): number {
  return (stopFor(offsetMs) + lastStop) / (2 * lastStop)
}

/** An offset as somebody types it, in seconds, to the microsecond; `undefined` where it is no number. */
export function readOffset(text: string): number | undefined {
  const seconds = Number(text.trim().replace('−', '-'))
  if (text.trim() === '' || !Number.isFinite(seconds)) return undefined
  const ms = Math.round(seconds * 1e6) / 1000
  // Not -0.
  return Math.max(-maxOffsetMs, Math.min(maxOffsetMs, ms)) + 0
}
