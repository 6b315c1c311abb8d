import { type Browser, chromium } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { systemFile } from '../../../scripts/lib/system-packages.mjs'

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts a real browser, which ends with the test.
 *
 * @param environment a faked clock
 * @throws Error that says what to install when there is none
 */
export async function startBrowser(environment: NodeJS.ProcessEnv = {}): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: systemFile('chromium'),
    args: quiet,
    // Users have it.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    env: { ...process.env, ...environment },
    timeout: 60_000,
  })
  onTestFinished(() => browser.close())
  return browser
}
