import type { Cell, Table } from '../benchmark.js'
import { formatFigure, formatValue } from './format.js'
import type { Machine } from './machine.js'
import { imageName } from './plot.js'
import type { StoredResult } from './results.js'

const head = `# Benchmarks

Written by \`npm run bench\`; what stands behind the figures is in [performance.md](performance.md).

What is compared did the same work in the same run, by turns, on tokens that were new strings each time, as they come out of a
request's header. A figure is the median of the rounds, the small ones are their quartiles; a ratio is the median of the
rounds' ratios. The ratios are what counts: the rates are this machine's.`

/** The page of all results. */
export function renderPage(results: readonly StoredResult[]): string {
  const warning = results.some(({ isQuick }) => isQuick)
    ? ['**A quick run: it shows that the benchmark works, and its figures mean nothing.**']
    : []
  const parts = [head, ...warning, ...machinesOf(results), aimsOf(results), ...results.map(sectionOf)]
  return `${parts.join('\n\n')}\n`
}

/** One paragraph, unless some were measured elsewhere or with other versions. */
function machinesOf(results: readonly StoredResult[]): string[] {
  const groups = new Map<string, StoredResult[]>()
  for (const result of results) {
    const machine = describe(result.machine)
    groups.set(machine, [...(groups.get(machine) ?? []), result])
  }
  return [...groups].map(([machine, measured]) => {
    const days = [...new Set(measured.map(({ date }) => date.slice(0, 10)))].sort()
    const which = groups.size === 1 ? '' : `, ${measured.map(({ name }) => name).join(', ')}`
    return `**Measured ${days.join(', ')}${which}:** ${machine}`
  })
}

function describe({ processor, cores, memoryGiB, system, node, openssl, versions }: Machine): string {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `${processor}, ${cores} cores, ${memoryGiB} GiB; ${system}; Node ${node} with OpenSSL ${openssl}; ${names.join(', ')}.`
}

function aimsOf(results: readonly StoredResult[]): string {
  const rows = results.flatMap(({ aims = [], isQuick }) =>
    aims.map(({ work, aim, reached, isReached }): Cell[] => [
      work,
      aim,
      formatValue(reached.value, reached.unit),
      isQuick ? 'not judged' : isReached ? 'reached' : '**not reached**',
    ]),
  )
  return `## Aims\n\n${renderTable({ head: ['work', 'aim', 'measured', ''], rows })}`
}

function sectionOf({ title, method, tables, plots = [], command }: StoredResult): string {
  const images = plots.map(plot => `![${plot.title}](images/${imageName(plot)})`)
  const again = `<sub>Again: \`${command}\`</sub>`
  return [`## ${title}`, method, ...tables.map(renderTable), ...images, again].join('\n\n')
}

function renderTable({ caption, head: names, rows }: Table): string {
  const rule = names.map((_, index) => (index === 0 ? '---' : '---:'))
  const lines = [names, rule, ...rows.map(row => row.map(textOf))].map(line => `| ${line.join(' | ')} |`)
  return [...(caption === undefined ? [] : [`**${caption}**`]), lines.join('\n')].join('\n\n')
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : formatFigure(cell)
}
