import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from '../../../test/client/support/browser.ts'
import { atEnd, eventually, forAllTests } from '../../../test/support/processes.ts'
import { printFleet } from '../scripts/print-fleet.mjs'
import { fiveMachines, RealFleet } from '../scripts/real-fleet.mjs'
import { expectAccessible, logIn, openPage } from './support.ts'

let browser: Browser
let fleet: RealFleet

beforeAll(
  forAllTests(async () => {
    browser = await startBrowser()
    fleet = await RealFleet.start(fiveMachines)
    atEnd(() => fleet.stop())
  }),
  300_000,
)

/** What a page shows of the command. */
function sampleIn(page: string): string {
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8')
  const [, sample = ''] = /\$ skewproof fleet\n([\s\S]*?)```/.exec(text) ?? []
  return sample
}

/** Without what is different each time: times, spans, processes, and how wide columns are for them. */
function shapeOf(output: string): readonly string[] {
  const span = /[+-]?\d[\d.]*(?: [um]?s\b|m [\d.]+s\b|[um]?s\b)/g
  return output
    .replaceAll(/\d\d:\d\d:\d\d/g, 'TIME')
    .replaceAll(span, 'SPAN')
    .replaceAll(/:\d+/g, ':PID')
    .split('\n')
    .map(line => line.replaceAll(/ {2,}/g, '  ').trim())
    .filter(line => line !== '')
}

const everywhere = (status: number) => fiveMachines.map(() => status)

describe('five servers over a Redis, one 3 min ahead and sure of it, one 2.5 s behind', () => {
  it('the page says which is wrong, by how much, since when, and what to do', async () => {
    const page = await openPage(browser, fleet.first.url)
    const row = (name: string) => page.getByRole('row').filter({ hasText: name })
    await eventually(async () => {
      expect(await page.getByRole('heading', { level: 1 }).innerText({ timeout: 5000 })).toMatch(
        /web-3 is (3m|2m 59\.?\d*s).* ahead of the fleet since \d\d:\d\d:\d\d UTC; its own time source system says so, and 3 others disagree\. It takes no traffic\. Check .* on web-3/,
      )
    }, 60_000)
    expect(await row('web-3').innerText()).toMatch(
      /\+(2 min 59 s|3 min)[\s\S]*outvoted[\s\S]*takes no traffic/,
    )
    expect(await row('web-4').innerText()).toMatch(/−2\.\d+ s[\s\S]*wall clock off/)
    for (const name of ['web-1', 'web-2', 'web-5']) expect(await row(name).innerText()).toContain('right')
    expect(await page.title()).toBe('2 wrong · Clocks · Skewproof')
    const sample = shapeOf(sampleIn('docs/fleet.md'))
    await eventually(async () => expect(shapeOf(await printFleet(fleet))).toEqual(sample))

    // The picture shows it too: the worst is on top, and far to the right of true time.
    expect((await page.getByRole('row').allInnerTexts())[1]).toContain('web-3')
    const place = async (name: string) => {
      const lane = await row(name).locator('.lane-column').boundingBox()
      const point = await row(name).locator('.point').boundingBox()
      if (lane === null || point === null) throw new Error(`${name} has no place in the picture`)
      return (point.x + point.width / 2 - lane.x) / lane.width
    }
    expect(await place('web-3')).toBeGreaterThan(0.9)
    expect(await place('web-4')).toBeLessThan(0.3)
    for (const name of ['web-1', 'web-2', 'web-5']) {
      expect(await place(name)).toBeGreaterThan(0.35)
      expect(await place(name)).toBeLessThan(0.65)
    }
    await expectAccessible(page)

    await page.getByRole('link', { name: 'web-3' }).click()
    await page.getByText('It takes no traffic for').waitFor()
    expect(await page.getByRole('row').filter({ hasText: 'system' }).innerText()).toContain('falseticker')
    await expectAccessible(page)
  })

  it('a token that is revoked through the page is refused by every server afterwards', async () => {
    const page = await openPage(browser, `${fleet.first.url}/#/tokens`)
    await page.getByLabel('Client').waitFor()
    await expectAccessible(page)
    await page.getByLabel('Client').fill('nobody')
    await page.getByLabel('Secret').fill('wrong')
    await page.getByRole('button', { name: 'Log in' }).click()
    expect(await page.getByRole('alert').innerText()).toContain('ERR_CLIENT')
    await logIn(page, fleet.credentials)

    const subject = '<img src=x onerror=alert(1)>\u202e"\'&'
    const { access_token: token, jti } = await fleet.ask('POST', '/v1/tokens', {
      sub: subject,
      refresh: true,
    })
    expect(await fleet.verify(token)).toEqual(everywhere(200))
    await page.getByRole('textbox', { name: 'Token' }).fill(`Authorization: Bearer ${token}`)
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByText('Accepted by this service').waitFor()
    expect(await page.locator('pre').innerText()).toContain('<img src=x onerror=alert(1)>\\u202e')
    await page.getByRole('textbox', { name: 'Subject' }).fill(subject)
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('holds 1 live token').waitFor()
    expect(await page.locator('img').count()).toBe(0)
    await expectAccessible(page)

    await page.getByRole('button', { name: `Revoke ${jti}` }).click()
    await expectAccessible(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('holds no live token').waitFor()
    await eventually(async () => expect(await fleet.verify(token)).toEqual(everywhere(401)))
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByText('ERR_TOKEN_REVOKED').waitFor()

    await page.getByRole('link', { name: 'Keys' }).click()
    await page.getByRole('cell', { name: 'signing' }).waitFor()
    await page.getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('cell', { name: 'next' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('link', { name: 'Clocks' }).click()
    await page.getByText('The keys that sign were changed').waitFor()

    const cookies = await page.context().cookies()
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }])
    const session = cookies[0]?.value ?? ''
    expect(await fleet.verify(session)).toEqual(everywhere(200))
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('link', { name: 'Log in' }).waitFor()
    await eventually(async () => expect(await fleet.verify(session)).toEqual(everywhere(401)))
  })

  it('a page of another origin neither reads nor changes anything with the session', async () => {
    const page = await openPage(browser, `${fleet.first.url}/#/keys`)
    await logIn(page, fleet.credentials)
    // A page of the same site, on another port: the browser sends it the cookie as well.
    const stranger = await page.context().newPage()
    await stranger.goto(`${fleet.services[1]?.url}/health`)
    const before = await fleet.ask('GET', '/v1/keys')
    const outcomes = await stranger.evaluate(async url => {
      const attempt = (path: string, init: RequestInit) =>
        fetch(url + path, { credentials: 'include', ...init }).then(
          ({ status, type }) => (type === 'opaque' ? 'sent' : status),
          () => 'refused',
        )
      return [
        await attempt('/v1/keys', {}),
        await attempt('/v1/keys/rotations', { method: 'POST', body: '{"compromised":true}' }),
        await attempt('/v1/keys/rotations', {
          method: 'POST',
          mode: 'no-cors',
          body: '{"compromised":true}',
        }),
        await attempt('/v1/session', { method: 'DELETE' }),
      ]
    }, fleet.first.url)
    expect(outcomes).toEqual(['refused', 'refused', 'sent', 'refused'])
    expect(await fleet.ask('GET', '/v1/keys')).toEqual({
      keys: before.keys.map((key: object) => expect.objectContaining({ kid: Reflect.get(key, 'kid') })),
    })
    await page.reload()
    await page.getByRole('button', { name: 'Log out' }).waitFor()
  })
})
