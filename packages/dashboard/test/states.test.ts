import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startBrowser } from '../../../test/client/support/browser.ts'
import { forAllTests } from '../../../test/support/processes.ts'
import { startService } from '../../server/test/support/service.ts'
import { measureFrames } from '../scripts/frames.mjs'
import { simulatedFleet, simulatedNode, startSimulatedService } from '../scripts/simulated-service.mjs'
import { expectAccessible, logIn, openPage } from './support.ts'

type Options = Parameters<typeof startSimulatedService>[0]

/** The page over a fleet that is made up: for states that real processes are not brought into. */
async function simulate(options: Options): Promise<{ url: string; stop(): Promise<void> }> {
  const service = await startSimulatedService(options)
  onTestFinished(() => service.stop())
  return service
}

let browser: Browser

beforeAll(
  forAllTests(async () => {
    browser = await startBrowser()
  }),
)

const page = new URL('../../server/page/', import.meta.url).pathname

describe('the built page', () => {
  it('is smaller than 100 kB, compressed, and names nothing outside', () => {
    const names = readdirSync(page, { recursive: true, encoding: 'utf8' })
    const files = names
      .filter(name => /\.(html|js|css|svg)$/.test(name))
      .map(name => readFileSync(join(page, name)))
    const size = (compress: (body: Buffer) => Buffer) =>
      files.reduce((sum, file) => sum + compress(file).length, 0)
    expect(size(gzipSync)).toBeLessThan(100_000)
    expect(size(brotliCompressSync)).toBeLessThan(100_000)
    const html = readFileSync(join(page, 'index.html'), 'utf8')
    // Views are loaded when they are first shown, the simulator with all that it needs of the library as well.
    expect(html).not.toContain('view-')
    for (const file of files) expect(file.toString()).not.toMatch(/['"`]node:/)
    expect(html).not.toMatch(/https?:|<script(?![^>]*src=)|style=|<style| on\w+=/)
    expect(readFileSync(join(page, 'LICENSES.md'), 'utf8')).toMatch(/preact[\s\S]*uplot/i)
  })
})

/** What a node could say that writes to the store itself. */
const hostile = '<img src=x onerror=alert(1)>\u202e\u0085"\'&{{7*7}}'

describe('the page', () => {
  it('says that nobody has reported yet, and that no clock is wrong', async () => {
    const empty = await simulate({ nodes: [], sentence: 'No node has reported yet.' })
    const first = await openPage(browser, empty.url)
    await first.getByText('No server has reported yet').waitFor()
    await expectAccessible(first)
    const well = await simulate({ nodes: [1, 2, 3].map(number => simulatedNode(number)) })
    await first.goto(well.url)
    await first.getByRole('heading', { name: 'All is well' }).waitFor()
    expect(await first.title()).toBe('Clocks · Skewproof')
    // As long as nothing has come.
    await first.route('**/v1/events', () => {})
    await first.reload()
    await first.getByText('Waiting for the fleet’s report').waitFor()
    await expectAccessible(first)
  })

  it('shows every condition by a word of its own, on a phone too', async () => {
    const nodes = [
      simulatedNode(1),
      simulatedNode(2, { offsetMs: 180_000, standing: 'outvoted', ready: false }),
      simulatedNode(3, { offsetMs: -420 }),
      simulatedNode(4, { standing: 'undecided' }),
      simulatedNode(5, { standing: 'without-utc', ownOffsetMs: null }),
      simulatedNode(6, { standing: 'silent' }),
      simulatedNode(7, { offsetMs: null, errorMs: null, standing: 'without-utc' }),
      simulatedNode(8, { role: 'agent' }),
      simulatedNode(9, {
        host: hostile,
        version: hostile,
        ready: false,
        reasons: [{ code: hostile, text: hostile }],
        sources: [{ name: hostile, status: 'selected', offsetMs: 1, errorMs: 1 }],
      }),
    ]
    const issuers = [{ issuer: hostile, aheadMs: 5000, tokens: 1, lastSeenAgoMs: 1 }]
    const happenings = [{ id: hostile, atMs: 0, kind: 'step', node: hostile, text: hostile }]
    const alarm = 'majority-disagrees'
    const { url } = await simulate({ nodes, view: { alarm }, sentence: hostile, issuers, happenings })
    const phone = await openPage(browser, url, { width: 360, height: 740 })
    for (const word of ['outvoted', 'wall clock off', 'contradicted', 'no time source', 'silent', 'right'])
      await phone.getByText(word, { exact: true }).first().waitFor()
    await expectAccessible(phone)
    // Nothing sticks out to the side.
    expect(await phone.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    // What nodes and issuers say of themselves is text, and does not turn round what stands beside it.
    expect(await phone.getByText('<img src=x').count()).toBeGreaterThan(3)
    await phone.getByRole('link', { name: '<img src=x' }).first().click()
    await phone.getByText('It takes no traffic for').waitFor()
    expect(await phone.locator('img').count()).toBe(0)
    expect(await phone.evaluate('document.body.innerText')).not.toMatch(/\u202e|\u0085/)
  })

  it('says that it has lost the service, and for how long, and goes on when it is back', async () => {
    const service = await simulate({ nodes: [simulatedNode(1)] })
    const lost = await openPage(browser, service.url)
    await lost.getByRole('link', { name: 'web-1' }).waitFor()
    await service.stop()
    await lost.getByText(/^No news for \d/).waitFor()
    await expectAccessible(lost)
    const { port } = new URL(service.url)
    await simulate({ nodes: [simulatedNode(1), simulatedNode(2)], port: Number(port) })
    await lost.getByRole('link', { name: 'web-2' }).waitFor()
    await lost.getByText(/^No news for \d/).waitFor({ state: 'hidden' })
  })

  it('shows nothing without a login where one is required, and nothing any more after the logout', async () => {
    const service = await startService({ args: ['--require-login'] })
    const strict = await openPage(browser, service.url)
    await strict.getByText('the fleet is shown to administrators').waitFor()
    await expectAccessible(strict)
    await logIn(strict, service.credentials)
    await strict.getByRole('heading', { name: 'Wall clocks against true time' }).waitFor()
    await strict.getByRole('button', { name: 'Log out' }).click()
    await strict.getByLabel('Client').waitFor()
    expect(await strict.getByRole('table').count()).toBe(0)
  })

  it('is used by the keyboard alone, and keeps the colours that were chosen', async () => {
    const { url } = await simulate({ nodes: [simulatedNode(1), simulatedNode(2)] })
    const keys = await openPage(browser, url)
    await keys.getByRole('link', { name: 'web-1' }).waitFor()
    await keys.keyboard.press('Tab')
    await keys.keyboard.press('Enter')
    expect(await keys.evaluate('document.activeElement.id')).toBe('main')
    await keys.getByRole('link', { name: 'web-1' }).focus()
    await keys.keyboard.press('Enter')
    await keys.getByRole('heading', { name: /^web-1/ }).waitFor()
    expect(await keys.evaluate('document.activeElement.id')).toBe('main')
    const colours = keys.getByRole('button', { name: /^Colours/ })
    await colours.press('Enter')
    await colours.press('Enter')
    await keys.reload()
    expect(await keys.evaluate('document.documentElement.dataset.theme')).toBe('dark')
    await expectAccessible(keys)
  })
})

describe('a thousand servers', () => {
  it('are shown, the worst first, found by name, and all of them on demand', async () => {
    const { url } = await simulate(simulatedFleet(1000))
    const many = await openPage(browser, url)
    await many.getByText('1000 servers').waitFor()
    expect((await many.getByRole('row').allInnerTexts())[1]).toContain('outvoted')
    expect(await many.getByRole('img', { name: /998 right.*1 outvoted/ }).count()).toBe(1)
    await many.getByRole('searchbox').fill('web-77')
    await many.getByRole('link', { name: 'web-779' }).waitFor()
    expect(await many.locator('.clock-rows').getByRole('row').count()).toBe(11)
    await many.getByRole('searchbox').fill('')
    await many.getByRole('button', { name: 'Show all 1000' }).click()
    await many.evaluate('scrollTo(0, document.querySelector("tbody").getBoundingClientRect().bottom)')
    await many.getByRole('link', { name: 'web-999' }).waitFor()
    expect(await many.getByRole('row').count()).toBeLessThan(60)
    await expectAccessible(many)
    await many.setViewportSize({ width: 360, height: 740 })
    await many.evaluate('scrollTo(0, 0)')
    await many.getByRole('row').nth(5).waitFor()
    await expectAccessible(many)
    expect(await many.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })

  it('have their frames measured', async () => {
    const result = await measureFrames(browser, { nodes: 200, seconds: 2 })
    expect(result.frames).toBeGreaterThan(5)
    expect(result.p50Ms).toBeGreaterThan(0)
  })
})
