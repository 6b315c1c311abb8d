import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startService } from '../../packages/server/test/support/service.ts'
import type { TokenClient } from '../../packages/skewproof/src/client/index.ts'
import { fakedClock } from '../support/faked-clock.ts'
import { startBrowser } from './support/browser.ts'
import { root } from './support/bundle.ts'
import { startSite } from './support/site.ts'

declare global {
  var tokens: TokenClient
}

const page = `
  import { createTokenClient } from 'skewproof/client'
  import { createElement as element, Fragment } from 'react'
  import { createRoot } from 'react-dom/client'
  import { ClockWarning, Session } from '${join(root, 'examples/react-client/use-token-client.jsx')}'

  globalThis.tokens = createTokenClient({ tokenUrl: '/oauth2/token' })
  const client = globalThis.tokens
  createRoot(document.body).render(
    element(Fragment, null, element(Session, { client }), element(ClockWarning, { client })),
  )`

it('examples/react-client tells a user that his device’s clock is fast', async () => {
  const service = await startService()
  const site = await startSite(service.url, page)
  const browser = await startBrowser(fakedClock(7 * 60))
  const tab = await browser.newPage()
  await tab.goto(site.url)
  await tab.getByText('You are signed out.').waitFor()
  const { body } = await service.issue({ sub: 'alice', expires_in: 3, refresh: true })
  await tab.evaluate(response => globalThis.tokens.signIn(response), body)
  await tab.getByText('You are signed in.').waitFor()
  await tab.getByRole('alert').waitFor()
  expect(await tab.getByRole('alert').textContent()).toBe('Your device’s clock is 7 minutes fast.')
  await tab.evaluate(() => globalThis.tokens.signOut())
  await tab.getByText('You are signed out.').waitFor()
})
