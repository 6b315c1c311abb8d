import { formatOffset } from './format.ts'

/** How far the wall clock was off at one moment, and within what; `undefined` where nothing was known. */
export type PlotPoint = { readonly offsetMs: number; readonly errorMs: number } | undefined

const labelWidth = 10

/**
 * Offsets over time, the newest at the right: `o` is an offset, `|` its bound. The axis is as long as the values need, and
 * holds zero, which is where a right clock is.
 */
export function renderPlot(
  points: readonly PlotPoint[],
  { width, height }: { width: number; height: number },
): string {
  const shown = points.slice(-(width - labelWidth - 1))
  const ends = shown.flatMap(point =>
    point === undefined ? [] : [point.offsetMs - point.errorMs, point.offsetMs + point.errorMs],
  )
  const top = Math.max(0.001, ...ends)
  const bottom = Math.min(-0.001, ...ends)
  const rowOf = (ms: number): number => Math.round(((top - ms) / (top - bottom)) * (height - 1))
  const zeroRow = rowOf(0)
  const rows = Array.from({ length: height }, (_, row) => {
    const label = row === 0 ? top : row === height - 1 ? bottom : row === zeroRow ? 0 : undefined
    const text = label === undefined ? '' : label === 0 ? '0' : formatOffset(label)
    const cells = shown.map(point => cellOf(point, row, zeroRow, rowOf))
    return `${text.padStart(labelWidth)} ${cells.join('')}`.trimEnd()
  })
  return rows.join('\n')
}

function cellOf(point: PlotPoint, row: number, zeroRow: number, rowOf: (ms: number) => number): string {
  const background = row === zeroRow ? '-' : ' '
  if (point === undefined) return background
  if (row === rowOf(point.offsetMs)) return 'o'
  const isWithin =
    row >= rowOf(point.offsetMs + point.errorMs) && row <= rowOf(point.offsetMs - point.errorMs)
  return isWithin ? '|' : background
}
