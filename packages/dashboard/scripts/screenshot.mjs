// Pictures of the page, from real processes: five services over a Redis, one of them 3 min ahead.
//   node packages/dashboard/scripts/screenshot.mjs [FOLDER]
// Build first (`npm run build`). The page asks for the font Inter where it is installed (Debian: fonts-inter).
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { main } from '../../../scripts/lib/main.mjs'
import { systemFile } from '../../../scripts/lib/system-packages.mjs'
import { fiveMachines, RealFleet } from './real-fleet.mjs'

const sizes = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } }

/** Tokens that are verified, and some that are not good any more. @param {RealFleet} fleet @param {AbortSignal} signal */
async function causeTraffic(fleet, signal) {
  const issue = async () =>
    (await fleet.ask('POST', '/v1/tokens', { sub: 'alice', refresh: true })).access_token
  const good = [await issue(), await issue(), await issue()]
  const revoked = await fleet.ask('POST', '/v1/tokens', { sub: 'bob' })
  await fleet.ask('POST', '/v1/revocations', { jti: revoked.jti })
  while (!signal.aborted) {
    for (const token of good) await fleet.verify(token)
    if (Math.random() < 0.2) await fleet.verify(revoked.access_token)
    await sleep(40)
  }
}

/** @param {import('playwright-core').Page} page @param {RealFleet} fleet */
async function logIn(page, fleet) {
  const { client_id: id, client_secret: secret } = fleet.credentials
  await page.getByLabel('Client').fill(id)
  await page.getByLabel('Secret').fill(secret)
  await page.getByRole('button', { name: 'Log in' }).click()
}

await main(async () => {
  const folder = process.argv[2] ?? 'screenshots'
  mkdirSync(folder, { recursive: true })
  const fleet = await RealFleet.start(fiveMachines)
  const traffic = new AbortController()
  const browser = await chromium.launch({
    executablePath: systemFile('chromium'),
    args: ['--no-sandbox', '--disable-gpu'],
  })
  try {
    const running = causeTraffic(fleet, traffic.signal)
    const { access_token: token } = await fleet.ask('POST', '/v1/tokens', {
      sub: 'alice',
      scope: 'orders:read',
    })
    for (const [size, viewport] of Object.entries(sizes)) {
      for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
        const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
        const page = await context.newPage()
        /** @param {string} name */
        const shoot = name => page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) })
        await page.goto(fleet.first.url)
        await page.getByText('outvoted').first().waitFor({ timeout: 60_000 })
        await sleep(20_000)
        await shoot('clocks')
        await page.getByRole('link', { name: 'web-3' }).click()
        await sleep(3000)
        await shoot('node')
        await page.getByRole('link', { name: 'Simulator' }).click()
        await page.getByText('counted over').waitFor({ timeout: 60_000 })
        await page.screenshot({ path: join(folder, `simulator-${size}-${colorScheme}.png`), fullPage: true })
        await page.getByRole('link', { name: 'Tokens' }).click()
        await logIn(page, fleet)
        await page.getByRole('textbox', { name: 'Token' }).fill(token)
        await page.getByRole('button', { name: 'Explain' }).click()
        await page.getByRole('textbox', { name: 'Subject' }).fill('alice')
        await page.getByRole('button', { name: 'Show' }).click()
        await page.getByText('live tokens').waitFor()
        await shoot('tokens')
        await page.getByRole('link', { name: 'Keys' }).click()
        await page.getByRole('cell', { name: 'signing' }).waitFor()
        await shoot('keys')
        await context.close()
      }
    }
    traffic.abort()
    await running
  } finally {
    traffic.abort()
    await browser.close()
    await fleet.stop()
  }
})
