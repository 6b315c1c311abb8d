import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../client/support/bundle.ts'

const execute = promisify(execFile)

interface Figure {
  readonly value: number
}

interface Result {
  readonly name: string
  readonly title: string
  readonly isQuick: boolean
  readonly tables: readonly { head: readonly string[]; rows: readonly (readonly (string | Figure)[])[] }[]
  readonly plots?: readonly { name: string; points: readonly { x: number; y: number }[] }[]
  readonly aims?: readonly { work: string; reached: Figure }[]
}

let out: string
let page: string
let results: readonly Result[]

function program(name: string, ...args: readonly string[]) {
  return execute(process.execPath, ['--expose-gc', join(root, 'bench/dist', name), ...args])
}

/** No figure is looked at: whether the benchmark works is all that can be said on a machine that does other things. */
describe('a quick run of the benchmark', () => {
  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'skewproof-bench-test-'))
    await program('main.js', '--quick', '--out', out)
    await program('load.js', '--quick', '--out', out)
    await program('load.js', '--quick', '--soak', '0.02', '--out', out)
    page = readFileSync(join(out, 'benchmarks.md'), 'utf8')
    const files = readdirSync(out).filter(name => name.endsWith('.json'))
    results = files.map(name => JSON.parse(readFileSync(join(out, name), 'utf8')) as Result)
  }, 600_000)

  afterAll(() => rmSync(out, { recursive: true, force: true }))

  it('has a result and a section for each benchmark', async () => {
    const { stdout } = await program('main.js', '--list')
    const names = stdout
      .trim()
      .split('\n')
      .map(line => line.split(' ')[0])
    expect(results.map(({ name }) => name).sort()).toEqual([...names, 'load', 'soak'].sort())
    for (const { title } of results) expect(page).toContain(`\n## ${title}\n`)
  })

  it('says that its figures mean nothing', () => {
    expect(results.every(({ isQuick }) => isQuick)).toBe(true)
    expect(page).toContain('its figures mean nothing')
  })

  it('has a number in each cell', () => {
    for (const { name, tables } of results) {
      expect(tables.length, name).toBeGreaterThan(0)
      for (const { head, rows } of tables) {
        expect(rows.length, name).toBeGreaterThan(0)
        for (const row of rows) {
          expect(row).toHaveLength(head.length)
          for (const cell of row) {
            if (typeof cell !== 'string') expect(Number.isFinite(cell.value), `${name}: ${row[0]}`).toBe(true)
          }
        }
      }
    }
  })

  it('draws all plots', () => {
    const plots = results.flatMap(({ plots: own = [] }) => own)
    expect(plots.length).toBeGreaterThan(5)
    for (const { name, points } of plots) {
      expect(points.length).toBeGreaterThan(1)
      expect(points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true)
      const image = readFileSync(join(out, 'images', `benchmark-${name}.svg`), 'utf8')
      expect(image).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/)
      expect(image).not.toContain('NaN')
      expect(page).toContain(`images/benchmark-${name}.svg`)
    }
  })

  it('has all aims, and judges none', () => {
    const aims = results.flatMap(({ aims: own = [] }) => own)
    expect(aims.length).toBeGreaterThan(20)
    for (const { work, reached } of aims) expect(reached, work).toHaveProperty('value', expect.any(Number))
    expect(page.match(/\| not judged \|/g)).toHaveLength(aims.length)
  })
})

it('a quick run does not overwrite what was measured', async () => {
  await expect(program('main.js', '--quick')).rejects.toThrow('give --out DIR')
})
