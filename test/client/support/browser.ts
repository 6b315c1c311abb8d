import { type Browser, chromium } from 'playwright-core'
import { systemFile } from '../../../scripts/lib/system-packages.mjs'
import { atEnd } from '../../support/processes.ts'

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
 * Starts a real browser that ends then at the latest (`atEnd`).
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
  atEnd(() => browser.close())
  return browser
}
