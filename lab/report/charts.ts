import type { PolicyName } from 'skewproof/simulator'
import type { Comparison, Share } from '../compare.ts'
import { formatPercent } from '../headline.ts'
import type { StoryPolicy, StoryResult } from '../story.ts'
import { escapeText } from './text.ts'

/** Told apart also by those who do not see all colours (Okabe and Ito 2008). */
export const colours: Readonly<Record<PolicyName, string>> = {
  jsonwebtoken: '#8c8c8c',
  'jsonwebtoken-30s': '#e69f00',
  'jsonwebtoken-60s': '#d55e00',
  jose: '#56b4e9',
  'jose-max-age': '#0072b2',
  textbook: '#cc79a7',
  static: '#a89500',
  auto: '#009e73',
}

const width = 460
const labelWidth = 190
const rowHeight = 24
const right = 46

/** A row for each policy: the share with its confidence interval, and what the simulator says of it. */
export function drawShares(
  title: string,
  what: Share,
  policies: readonly StoryPolicy[],
  comparisons: readonly Comparison[],
): string {
  const shown = policies.filter(policy => policy[what].total > 0)
  if (shown.length === 0) return ''
  const height = shown.length * rowHeight + 30
  const xOf = (share: number) => labelWidth + share * (width - labelWidth - right)
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    share =>
      `<line class="grid" x1="${xOf(share)}" x2="${xOf(share)}" y1="0" y2="${height - 24}"/><text x="${xOf(share)}" y="${height - 8}" text-anchor="middle">${share * 100} %</text>`,
  )
  const rows = shown.map((policy, index) => {
    const { share, low, high, hits, total } = policy[what]
    const y = index * rowHeight + rowHeight / 2
    const colour = colours[policy.name]
    const simulated = comparisons.find(one => one.policy === policy.name && one.what === what)?.simulated
    const note = `${policy.title}: ${hits} of ${total}, ${formatPercent(low)} to ${formatPercent(high)}; simulated ${simulated === undefined ? 'nothing' : formatPercent(simulated)}`
    return `<g><title>${escapeText(note)}</title>
<text x="${labelWidth - 10}" y="${y + 4}" text-anchor="end" class="${policy.name === 'auto' ? 'own' : ''}">${escapeText(policy.title)}</text>
<line x1="${round(xOf(low))}" x2="${round(xOf(high))}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="7" stroke-linecap="round" opacity="0.3"/>
${simulated === undefined ? '' : `<path class="simulated" d="M${round(xOf(simulated))},${y - 8}l5,8l-5,8l-5,-8z"/>`}
<circle cx="${round(xOf(share))}" cy="${y}" r="5" fill="${colour}"/>
<text x="${width - right + 8}" y="${y + 4}" class="value">${formatPercent(share)}</text></g>`
  })
  return `<figure><figcaption>${escapeText(title)}</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">${grid.join('')}${rows.join('\n')}</svg></figure>`
}

const clockWidth = 940
const clockHeight = 74

/** Every clock on one axis, which is stretched around zero: seconds and hours are both to be seen. */
export function drawClocks({ truth }: StoryResult): string {
  const scale = (seconds: number) => Math.sign(seconds) * Math.log10(1 + Math.abs(seconds) * 10)
  const most = Math.max(scale(10), ...truth.map(({ offsetSeconds }) => Math.abs(scale(offsetSeconds))))
  const xOf = (seconds: number) => clockWidth / 2 + (scale(seconds) / most) * (clockWidth / 2 - 70)
  const marks = [-3600, -600, -60, -10, -1, 0, 1, 10, 60, 600, 3600].filter(
    seconds => Math.abs(scale(seconds)) <= most * 1.001,
  )
  const axis = marks.map(
    seconds =>
      `<line class="grid" x1="${round(xOf(seconds))}" x2="${round(xOf(seconds))}" y1="8" y2="${clockHeight - 20}"/><text x="${round(xOf(seconds))}" y="${clockHeight - 4}" text-anchor="middle">${formatOffset(seconds)}</text>`,
  )
  const seen: number[] = []
  const dots = truth.map(({ name, offsetSeconds }) => {
    const x = round(xOf(offsetSeconds))
    const above = seen.filter(other => Math.abs(other - x) < 34).length
    seen.push(x)
    const y = clockHeight - 32 - (above % 3) * 15
    const isRight = Math.abs(offsetSeconds) < 0.25
    return `<g class="${isRight ? 'right' : 'wrong'}"><title>${escapeText(`${name}: ${formatOffset(offsetSeconds)}`)}</title><circle cx="${x}" cy="${y}" r="5"/><text x="${x + 9}" y="${y + 4}">${escapeText(name)}</text></g>`
  })
  return `<figure class="clocks"><figcaption>The clocks, in the end: behind · right · ahead</figcaption><svg viewBox="0 0 ${clockWidth} ${clockHeight}" role="img" aria-label="How far each clock is off">${axis.join('')}${dots.join('')}</svg></figure>`
}

function formatOffset(seconds: number): string {
  if (seconds === 0) return '0'
  const size = Math.abs(seconds)
  const text =
    size >= 3600 ? `${trim(size / 3600)} h` : size >= 60 ? `${trim(size / 60)} min` : `${trim(size)} s`
  return `${seconds > 0 ? '+' : '−'}${text}`
}

function trim(value: number): string {
  return String(Number(value.toPrecision(2)))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
