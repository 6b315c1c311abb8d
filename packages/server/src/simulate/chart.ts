/** One line of a chart. */
export interface Series {
  readonly name: string
  readonly colour: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Drawn thicker, and above the others. */
  readonly isEmphasized?: boolean
}

export interface Chart {
  readonly title: string
  readonly xLabel: string
  readonly formatX: (x: number) => string
  readonly formatY: (y: number) => string
  readonly series: readonly Series[]
}

const width = 640
const height = 340
const left = 64
const right = 16
const top = 16
const bottom = 48

/** A line chart as SVG, which takes its colours for text and grid from the page. */
export function drawLines({ title, xLabel, formatX, formatY, series }: Chart): string {
  const points = series.flatMap(line => line.points)
  const xMax = Math.max(1e-9, ...points.map(([x]) => x))
  const yTicks = ticks(Math.max(1e-9, ...points.map(([, y]) => y)))
  const yMax = yTicks.at(-1) ?? 1
  const xOf = (x: number) => left + (x / xMax) * (width - left - right)
  const yOf = (y: number) => height - bottom - (y / yMax) * (height - top - bottom)
  const grid = yTicks.map(
    y => `<line class="grid" x1="${left}" x2="${width - right}" y1="${round(yOf(y))}" y2="${round(yOf(y))}"/>
<text x="${left - 8}" y="${round(yOf(y) + 4)}" text-anchor="end">${escapeText(formatY(y))}</text>`,
  )
  const axis = ticks(xMax)
    .filter(x => x <= xMax * 1.001)
    .map(
      x =>
        `<text x="${round(xOf(x))}" y="${height - bottom + 20}" text-anchor="middle">${escapeText(formatX(x))}</text>`,
    )
  const ordered = [...series].sort(
    (a, b) => Number(a.isEmphasized ?? false) - Number(b.isEmphasized ?? false),
  )
  const lines = ordered.map(line => drawLine(line, xOf, yOf, formatX, formatY))
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">
${grid.join('\n')}
${axis.join('\n')}
<text x="${(left + width - right) / 2}" y="${height - 6}" text-anchor="middle">${escapeText(xLabel)}</text>
${lines.join('\n')}
</svg>`
}

function drawLine(
  { name, colour, points, isEmphasized = false }: Series,
  xOf: (x: number) => number,
  yOf: (y: number) => number,
  formatX: Chart['formatX'],
  formatY: Chart['formatY'],
): string {
  const path = points.map(([x, y]) => `${round(xOf(x))},${round(yOf(y))}`).join(' ')
  const dots = points.map(
    ([x, y]) =>
      `<circle cx="${round(xOf(x))}" cy="${round(yOf(y))}" r="${isEmphasized ? 4 : 3}" fill="${colour}"><title>${escapeText(`${name}: ${formatY(y)} at ${formatX(x)}`)}</title></circle>`,
  )
  return `<polyline fill="none" stroke="${colour}" stroke-width="${isEmphasized ? 3.5 : 2}" points="${path}"/>\n${dots.join('')}`
}

/** Round numbers from 0 to the first that is not less than `max`. */
export function ticks(max: number): readonly number[] {
  const power = 10 ** Math.floor(Math.log10(max))
  const step = [0.2, 0.5, 1, 2].map(factor => factor * power).find(size => max / size <= 6) ?? power * 2
  return Array.from({ length: Math.ceil(max / step - 1e-9) + 1 }, (_, index) => index * step)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
