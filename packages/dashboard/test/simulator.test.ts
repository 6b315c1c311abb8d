import { expect, it } from 'vitest'
import { startBrowser } from '../../../test/client/support/browser.ts'
import { eventually } from '../../../test/support/processes.ts'
import { startService } from '../../server/test/support/service.ts'
import { expectAccessible, openPage } from './support.ts'

it('the simulator shows, without a login, what clocks do to tokens while they are dragged', async () => {
  const { url } = await startService({ args: ['--require-login'] })
  const page = await openPage(await startBrowser(), `${url}/#/simulator`)
  await page.getByText('counted over the last').waitFor({ timeout: 110_000 })
  const sentence = page.getByRole('heading', { level: 1 })
  const row = (policy: string) =>
    page.getByRole('row').filter({ has: page.getByText(policy, { exact: true }) })
  const refused = async (policy: string) => {
    const [, percent = '0'] =
      /(\d[\d.]*) %/.exec(await row(policy).getByRole('cell').first().innerText()) ?? []
    return Number(percent)
  }
  const clock = (name: string) => page.getByRole('slider', { name: `${name}: its wall clock` })
  expect(await sentence.innerText()).toMatch(
    /web-3 is 3 min ahead: jsonwebtoken refuses \d+ % of good requests, Skewproof none\./,
  )
  expect(await refused('jsonwebtoken')).toBeGreaterThan(0)
  await expectAccessible(page)

  // By the keyboard.
  await clock('web-3').press('ArrowLeft')
  expect(await clock('web-3').getAttribute('aria-valuetext')).toBe('2 min 30 s ahead')
  const before = await refused('jsonwebtoken')
  await clock('web-2').press('End')
  await eventually(async () => {
    expect(await sentence.innerText()).toContain('web-2 is 10 min ahead, web-3 is 2 min 30 s ahead: ')
    expect(await refused('jsonwebtoken')).toBeGreaterThan(before + 5)
    expect(await row('Skewproof, auto').innerText()).toMatch(/none\s+none\s+none\s+Nothing:/)
  }, 60_000)

  // By the mouse.
  const lane = await clock('web-5').boundingBox()
  if (lane === null) throw new Error('the slider has no place')
  const [x, y] = [lane.x + lane.width / 2, lane.y + lane.height / 2]
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x - lane.width / 4, y, { steps: 5 })
  await page.mouse.up()
  expect(await clock('web-5').getAttribute('aria-valuetext')).toMatch(/ behind$/)

  // To the millisecond.
  const field = page.getByRole('spinbutton', { name: 'web-5: seconds ahead' })
  await field.fill('-0.0125')
  await field.press('Enter')
  expect(await clock('web-5').getAttribute('aria-valuetext')).toBe('12.5 ms behind')

  await page.setViewportSize({ width: 360, height: 740 })
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Set all right' }).click()
  expect(await clock('web-2').getAttribute('aria-valuetext')).toBe('exact')
}, 240_000)
