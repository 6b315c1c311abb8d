import { type PolicyName, policyNames, policyTitles } from 'skewproof/simulator'
import { formatDuration } from 'skewproof/time'
import { busyWarning, disagreements, formatPercent, headlines, isBusy, losses } from '../headline.ts'
import type { LabReport } from '../lab.ts'
import type { StoryPolicy, StoryResult } from '../story.ts'
import { columns, surprises } from '../table.ts'
import { drawClocks, drawShares } from './charts.ts'
import { style } from './style.ts'
import { escapeText } from './text.ts'

/** One page that needs nothing else, to look at and to send to somebody. */
export function renderReport(report: LabReport): string {
  const requests = report.stories.reduce(
    (sum, { policies }) => sum + policies.reduce((own, policy) => own + policy.requests, 0),
    0,
  )
  const quick = report.isQuick
    ? '<p><strong>A quick run:</strong> each story took seconds, so that how long something lasts is cut off there.</p>'
    : ''
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Skewproof: the lab</title>
<style>${style}</style>
</head>
<body>
<h1>What wrong clocks do to tokens</h1>
<p class="faint">${report.stories.length} stories, ${requests.toLocaleString('en')} requests in ${formatDuration(report.tookSeconds * 1000)}, ${report.startedAt.slice(0, 10)}.
Real Express servers behind HAProxy, each under a wall clock of its own; real Redis; real chronyds. All policies answered the same traffic.</p>
${quick}
${isBusy(report) ? `<p><strong>${busyWarning}</strong></p>` : ''}
${headlineTable(report)}
<p class="faint"><em>Fresh</em>: the promised life is not over, and nobody has revoked it. <em>Expired</em>: it is over, by the lab's own clock. What was
under way at that instant is not counted. Static and the peers verify one and the same token.</p>
${matrix('Fresh tokens refused', report.stories, ({ freshRefused }) => ({ text: percentOf(freshRefused), badness: freshRefused.share }))}
${matrix('Expired tokens accepted, and until how long after their end', report.stories, lateCell)}
${matrix('Revoked tokens accepted', report.stories, ({ revokedAccepted }) => ({ text: percentOf(revokedAccepted), badness: revokedAccepted.share }))}
${listOf('Where Skewproof did worse than another', losses(report))}
${listOf('What a story did not expect', surprises(report))}
${listOf('Where the simulator said something else', disagreements(report))}
${listOf(
  'Stories that could not be told here',
  report.failures.map(({ name, reason }) => `${name}: ${reason.split('\n')[0]}`),
)}
<h2>The stories</h2>
<p class="legend"><span>● seen, with its 95 % confidence interval</span><span>◇ said by the simulator of the same requests</span></p>
<nav>${report.stories.map(({ name, title }) => `<a href="#${name}">${escapeText(title)}</a>`).join('')}</nav>
${report.stories.map(renderStory).join('\n')}
</body>
</html>
`
}

function headlineTable(report: LabReport): string {
  const head = columns.map(([title]) => `<th>${escapeText(title)}</th>`).join('')
  const rows = headlines(report).map(line => {
    const cells = columns.map(([, cell]) => `<td>${escapeText(cell(line))}</td>`).join('')
    return `<tr class="${line.name === 'auto' ? 'own' : ''}">${cells}</tr>`
  })
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

interface Cell {
  readonly text: string
  /** 0: nothing is wrong; 1: everything is. */
  readonly badness: number
}

/** Stories against policies. */
function matrix(
  title: string,
  stories: readonly StoryResult[],
  cellOf: (policy: StoryPolicy) => Cell,
): string {
  const head = policyNames.map(name => `<th>${escapeText(policyTitles[name])}</th>`).join('')
  const rows = stories.map(({ name, title: story, policies }) => {
    const cells = policyNames.map(policy => paint(policies, policy, cellOf))
    return `<tr><td><a href="#${name}">${escapeText(story)}</a></td>${cells.join('')}</tr>`
  })
  return `<h2>${escapeText(title)}</h2><div class="scroll"><table class="matrix"><thead><tr><th></th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function paint(
  policies: readonly StoryPolicy[],
  name: PolicyName,
  cellOf: (policy: StoryPolicy) => Cell,
): string {
  const policy = policies.find(candidate => candidate.name === name)
  if (policy === undefined) return '<td class="faint">·</td>'
  const { text, badness } = cellOf(policy)
  // Small shares are bad news too: the colour grows with the root.
  const strength = badness === 0 ? 0 : Math.round(12 + 58 * Math.sqrt(Math.min(1, badness)))
  const colour = badness === 0 ? 'var(--good) 12%' : `var(--bad) ${strength}%`
  return `<td style="background: color-mix(in srgb, ${colour}, transparent)">${escapeText(text)}</td>`
}

function percentOf({ share, total }: { readonly share: number; readonly total: number }): string {
  return total === 0 ? '·' : formatPercent(share)
}

function lateCell(policy: StoryPolicy): Cell {
  const { expiredAccepted, maxLateAcceptMs, name, lateAcceptsBeyondBound } = policy
  if (expiredAccepted.total === 0) return { text: '·', badness: 0 }
  if (policy.lateAccepts === 0) return { text: '0 %', badness: 0 }
  const text = `${formatPercent(expiredAccepted.share)}, ${formatDuration(maxLateAcceptMs)}`
  return { text, badness: name === 'auto' && lateAcceptsBeyondBound === 0 ? 0 : expiredAccepted.share }
}

function renderStory(story: StoryResult): string {
  const { name, title, about, policies, comparisons } = story
  return `<section id="${name}">
<h2>${escapeText(title)}</h2>
<p>${escapeText(about)}</p>
${drawClocks(story)}
<div class="figures">
${drawShares('Fresh tokens refused', 'freshRefused', policies, comparisons)}
${drawShares('Expired tokens accepted', 'expiredAccepted', policies, comparisons)}
${drawShares('Revoked tokens accepted', 'revokedAccepted', policies, comparisons)}
</div>
${detailTable(story)}
</section>`
}

function detailTable({ policies, culprits }: StoryResult): string {
  const head = [
    '',
    'no answer',
    'late by at most',
    'after revocation',
    'median',
    '99 %',
    'store commands',
    'named',
    'what it said',
  ]
  const rows = policies.map(policy => {
    const { diagnosis, messages, latencyMs, storeCommands } = policy
    const perRequest =
      storeCommands === null ? '–' : (storeCommands / Math.max(1, policy.requests)).toFixed(1)
    const named = diagnosis.named.length === 0 ? 'nobody' : diagnosis.named.join(', ')
    const cells = [
      policy.unavailable === 0 ? '–' : `${policy.unavailable} of ${policy.requests}`,
      policy.lateAccepts === 0 ? '–' : formatDuration(policy.maxLateAcceptMs),
      policy.revokedAccepts === 0 ? '–' : formatDuration(policy.maxRevokedAcceptMs),
      `${latencyMs.median.toFixed(1)} ms`,
      `${latencyMs.p99.toFixed(0)} ms`,
      perRequest,
    ]
    const said = messages.map(({ text, count }) => `<code>${escapeText(text)}</code> × ${count}`).join('<br>')
    return `<tr class="${policy.name === 'auto' ? 'own' : ''}"><td>${escapeText(policy.title)}</td>${cells.map(cell => `<td>${cell}</td>`).join('')}<td class="${diagnosis.isRight ? 'yes' : 'no'}">${escapeText(named)}</td><td class="said">${said}</td></tr>`
  })
  const wrong = culprits.length === 0 ? 'nobody' : culprits.join(', ')
  return `<h3>Whose clock is wrong: ${escapeText(wrong)}</h3><div class="scroll"><table><thead><tr>${head.map(title => `<th>${title}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function listOf(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return `<h2>${escapeText(title)}</h2><ul>${lines.map(line => `<li>${escapeText(line)}</li>`).join('')}</ul>`
}
