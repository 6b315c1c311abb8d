import { formatDuration } from 'skewproof/time'
import { formatPercent, type Headline, headlines } from '../headline.ts'
import type { LabReport } from '../lab.ts'
import { colours } from './charts.ts'
import { escapeText } from './text.ts'

const width = 920
const rowHeight = 34
const top = 58
const labelWidth = 250
const panelWidth = 210
const gap = 115

interface Panel {
  readonly title: string
  readonly shareOf: (line: Headline) => number
  readonly textOf: (line: Headline) => string
}

const panels: readonly Panel[] = [
  {
    title: 'Fresh tokens refused',
    shareOf: line => line.freshRefused / Math.max(1, line.freshRequests),
    textOf: line => formatPercent(line.freshRefused / Math.max(1, line.freshRequests)),
  },
  {
    title: 'Expired tokens accepted, until so long after',
    shareOf: line => line.expiredAccepted / Math.max(1, line.expiredRequests),
    textOf: line =>
      line.expiredAccepted === 0
        ? '0 %'
        : `${formatPercent(line.expiredAccepted / line.expiredRequests)}, ${formatDuration(line.maxLateMs)}`,
  },
]

/** The lab in one picture (SVG), for the README. */
export function drawPicture(report: LabReport): string {
  const lines = headlines(report)
  const height = top + lines.length * rowHeight + 20
  const most = panels.map(({ shareOf }) => Math.max(1e-9, ...lines.map(shareOf)))
  const heads = panels.map(
    ({ title }, index) => `<text x="${panelX(index)}" y="36" font-weight="600">${escapeText(title)}</text>`,
  )
  const rows = lines.map((line, row) => {
    const y = top + row * rowHeight
    const isOwn = line.name === 'auto'
    const bars = panels.map(({ shareOf, textOf }, index) => {
      const length = Math.max(2, (shareOf(line) / (most[index] ?? 1)) * panelWidth)
      return `<rect x="${panelX(index)}" y="${y + 4}" width="${length.toFixed(1)}" height="18" rx="3" fill="${colours[line.name]}"/><text x="${(panelX(index) + length + 8).toFixed(1)}" y="${y + 18}">${escapeText(textOf(line))}</text>`
    })
    return `<g${isOwn ? ' font-weight="700"' : ''}><text x="${labelWidth - 14}" y="${y + 18}" text-anchor="end">${escapeText(line.title)}</text>${bars.join('')}</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Fresh tokens refused and expired tokens accepted under each policy">
<title>What wrong clocks do to tokens: ${report.stories.length} stories of the lab</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13" fill="#e6edf3">
${heads.join('\n')}
${rows.join('\n')}
</g>
</svg>
`
}

function panelX(index: number): number {
  return labelWidth + index * (panelWidth + gap)
}
