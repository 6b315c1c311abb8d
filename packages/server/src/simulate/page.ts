import { type PolicyName, policyTitles, type Scenario, type SimulationResult } from 'skewproof/simulator'
import { formatDuration } from 'skewproof/time'
import { type Chart, drawLines, escapeText, type Series } from './chart.ts'
import { formatShare } from './render.ts'
import type { SweepPoint, SweepPolicy } from './sweep.ts'

/** Told apart also by those who do not see all colours (Okabe and Ito 2008). */
export const policyColours: Readonly<Record<PolicyName, string>> = {
  jsonwebtoken: '#999999',
  'jsonwebtoken-30s': '#e69f00',
  'jsonwebtoken-60s': '#d55e00',
  jose: '#56b4e9',
  'jose-max-age': '#0072b2',
  textbook: '#cc79a7',
  static: '#b8a600',
  auto: '#009e73',
}

const style = `
:root { color-scheme: light dark; --text: #1f2328; --faint: #59636e; --line: #d1d9e0; --back: #ffffff; --panel: #f6f8fa }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --faint: #9198a1; --line: #3d444d; --back: #0d1117; --panel: #151b23 } }
body { margin: 0 auto; max-width: 1400px; padding: 2rem; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.1rem; margin: 0 0 .5rem }
p { color: var(--faint); margin: .3rem 0 1.2rem }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 1.2rem }
section { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 1rem }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif } svg text { fill: var(--faint) } .grid { stroke: var(--line) }
ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; margin: 0 0 1.2rem }
li::before { content: ''; display: inline-block; width: .9em; height: .9em; border-radius: 50%; margin-right: .4em; vertical-align: -.1em; background: var(--colour) }
table { border-collapse: collapse; margin-top: 1.5rem; width: 100% } th, td { padding: .35rem .7rem; text-align: right; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left } th { font-weight: 600 }
`

/** A page that needs nothing else: how the policies do the further clocks are off. */
export function renderPage(
  scenario: Scenario,
  result: SimulationResult,
  points: readonly SweepPoint[],
): string {
  const charts: readonly (readonly [title: string, chart: Chart])[] = [
    ['Fresh tokens refused', chartOf(points, 'falseRejectShare', formatShare)],
    ['Expired tokens accepted', chartOf(points, 'lateAcceptShare', formatShare)],
    ['For how long after their end', chartOf(points, 'maxLateAcceptMs', formatDuration)],
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(scenario.title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeText(scenario.title)}</h1>
<p>${scenario.servers.length.toLocaleString('en')} simulated servers, ${result.verifications.toLocaleString('en')} verifications, seed ${result.seed}. Each point is a run with all offsets scaled.</p>
<ul>${scenario.policies.map(legendItem).join('')}</ul>
<div class="charts">
${charts.map(([title, chart]) => `<section><h2>${escapeText(title)}</h2>${drawLines({ ...chart, title })}</section>`).join('\n')}
</div>
${resultTable(result)}
</body>
</html>
`
}

function legendItem(name: PolicyName): string {
  return `<li style="--colour: ${policyColours[name]}">${escapeText(policyTitles[name])}</li>`
}

function chartOf(
  points: readonly SweepPoint[],
  field: Exclude<keyof SweepPolicy, 'name'>,
  formatY: Chart['formatY'],
): Chart {
  const names = points[0]?.policies.map(({ name }) => name) ?? []
  const series: readonly Series[] = names.map((name, index) => ({
    name: policyTitles[name],
    colour: policyColours[name],
    isEmphasized: name === 'auto',
    points: points.map(({ skewSeconds, policies }) => [skewSeconds, policies[index]?.[field] ?? 0] as const),
  }))
  const formatX = (seconds: number) => formatDuration(seconds * 1000)
  return { title: '', xLabel: 'the clock that is worst is off by', formatX, formatY, series }
}

function resultTable({ policies }: SimulationResult): string {
  const rows = policies.map(policy => [
    policy.title,
    formatShare(policy.falseRejectShare),
    formatShare(policy.lateAcceptShare),
    policy.lateAccepts === 0 ? '–' : formatDuration(policy.maxLateAcceptMs),
    formatShare(policy.revokedAcceptShare),
    policy.revokedAccepts === 0 ? '–' : formatDuration(policy.maxRevokedAcceptMs),
  ])
  const head = ['', 'fresh refused', 'expired accepted', 'at most after', 'revoked accepted', 'at most after']
  const cells = (row: readonly string[], tag: string) =>
    `<tr>${row.map(cell => `<${tag}>${escapeText(cell)}</${tag}>`).join('')}</tr>`
  return `<table><thead>${cells(head, 'th')}</thead><tbody>${rows.map(row => cells(row, 'td')).join('')}</tbody></table>`
}
