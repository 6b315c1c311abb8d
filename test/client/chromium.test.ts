import type { Browser, BrowserContext, Page } from 'playwright-core'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { eventually, forAllTests, temporaryDirectory } from '../../packages/server/test/support/processes.ts'
import { type Service, startService } from '../../packages/server/test/support/service.ts'
import type * as client from '../../packages/skewproof/src/client/index.ts'
import type { ClockSkew, TokenClient } from '../../packages/skewproof/src/client/index.ts'
import { fakedClock, SteppedClock } from '../support/faked-clock.ts'
import { startBrowser } from './support/browser.ts'
import { startProxy } from './support/proxy.ts'
import { type Site, startSite } from './support/site.ts'

declare global {
  var skewproof: typeof client
  var tokens: TokenClient
  var answers: number[]
  var events: string[]
  function addEventListener(type: 'pageshow', listener: (event: { persisted: boolean }) => void): void
}

const year = 365 * 86_400

/** Opens the page, and makes its client. */
async function open(page: Page, site: Site): Promise<Page> {
  await page.goto(site.url)
  await page.waitForFunction('globalThis.skewproof')
  await page.evaluate(() => {
    globalThis.answers = []
    globalThis.events = []
    globalThis.tokens = globalThis.skewproof.createTokenClient({ tokenUrl: '/oauth2/token' })
    globalThis.tokens.subscribe(({ type }) => globalThis.events.push(type))
  })
  return page
}

async function signIn(page: Page, service: Service, seconds: number): Promise<void> {
  const { body } = await service.issue({ sub: 'alice', expires_in: seconds, refresh: true })
  await page.evaluate(response => globalThis.tokens.signIn(response), body)
}

/** Makes a request as the user would, and gives back all the answers that he has seen: 0 is a failure of the network. */
function ask(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const answer = await globalThis.tokens.fetch('/forward-auth').catch(() => undefined)
    globalThis.answers.push(answer?.status ?? 0)
    return globalThis.answers
  })
}

/** Uses the pages until the tokens have been refreshed so often. */
async function use(pages: readonly Page[], site: Site, refreshes: number): Promise<void> {
  const before = site.refreshes().length
  await eventually(async () => {
    for (const page of pages) await ask(page)
    if (site.refreshes().length < before + refreshes) throw new Error('no refresh yet')
  }, 60_000)
}

/** No refresh token was used twice. */
function expectOnePerLife(site: Site): void {
  const refreshes = site.refreshes()
  expect(refreshes.length).toBe(new Set(refreshes).size)
}

describe('in Chromium', () => {
  let service: Service
  /** Its clock is right. */
  let usual: Browser

  beforeAll(
    forAllTests(async () => {
      service = await startService()
      usual = await startBrowser()
    }),
  )

  /** A user's own, which ends with the test. */
  async function newContext(): Promise<BrowserContext> {
    const context = await usual.newContext()
    onTestFinished(() => context.close())
    return context
  }

  it.each([
    ['5 minutes fast', 300],
    ['5 minutes slow', -300],
    ['3 years fast', 3 * year],
  ])('with a clock that is %s, nobody sees a 401, and the skew is told', async (_, offsetSeconds) => {
    const site = await startSite(service.url)
    const browser = await startBrowser(fakedClock(offsetSeconds))
    const page = await open(await browser.newPage(), site)
    const shown = await page.evaluate(() => Date.now())
    expect(Math.abs(shown - Date.now() - offsetSeconds * 1000)).toBeLessThan(60_000)

    await signIn(page, service, 5)
    await use([page], site, 2)
    expect(new Set(await ask(page))).toEqual(new Set([200]))
    expectOnePerLife(site)

    const told = await page.evaluate(() => globalThis.tokens.state.clockSkew)
    const measured = await page.evaluate(() => globalThis.skewproof.detectClockSkew('/'))
    for (const skew of [told, measured]) {
      expect(Math.abs((skew?.skewMs ?? Number.NaN) - offsetSeconds * 1000)).toBeLessThanOrEqual(
        skew?.errorMs ?? 0,
      )
    }
    expect(measured).toMatchObject({ method: 'clock', culpritHint: 'unknown' } satisfies Partial<ClockSkew>)
  })

  it('with a clock that is set while it runs, nobody sees a 401', async () => {
    const site = await startSite(service.url)
    const clock = new SteppedClock(temporaryDirectory())
    const browser = await startBrowser(clock.environment)
    const page = await open(await browser.newPage(), site)
    await signIn(page, service, 5)
    const steps = [300, -300, 3 * year, 0]
    for (const offsetSeconds of steps) {
      clock.set(offsetSeconds)
      await eventually(async () => {
        const shown = await page.evaluate(() => Date.now())
        expect(Math.abs(shown - Date.now() - offsetSeconds * 1000)).toBeLessThan(60_000)
      })
      await use([page], site, 1)
    }
    expect(new Set(await ask(page))).toEqual(new Set([200]))
    expectOnePerLife(site)
  })

  it('two tabs share a session and its refreshes, also when one of them is closed', async () => {
    const site = await startSite(service.url)
    const context = await newContext()
    const [first, second] = [
      await open(await context.newPage(), site),
      await open(await context.newPage(), site),
    ]
    await signIn(first, service, 5)
    await second.waitForFunction(() => globalThis.tokens.state.isSignedIn)
    await use([first, second], site, 3)
    expect(new Set([...(await ask(first)), ...(await ask(second))])).toEqual(new Set([200]))
    expectOnePerLife(site)

    await first.close()
    const third = await open(await context.newPage(), site)
    expect(await ask(third)).toEqual([200])
    await use([second, third], site, 2)
    expectOnePerLife(site)

    await third.evaluate(() => globalThis.tokens.signOut())
    await second.waitForFunction(() => !globalThis.tokens.state.isSignedIn)
  })

  it('a worker shares the session of its page', async () => {
    const site = await startSite(service.url)
    const page = await open(await (await newContext()).newPage(), site)
    await signIn(page, service, 60)
    const worker = `
      import { createTokenClient } from '${site.url}client.js'
      const client = createTokenClient({ tokenUrl: '${site.url}oauth2/token' })
      client.fetch('${site.url}forward-auth').then(({ status }) => postMessage([status, client.state.isSignedIn]))`
    const heard = await page.evaluate(`new Promise((resolve, reject) => {
      const address = URL.createObjectURL(new Blob([${JSON.stringify(worker)}], { type: 'text/javascript' }))
      const worker = new Worker(address, { type: 'module' })
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = ({ message }) => reject(new Error(message))
    })`)
    expect(heard).toEqual([200, true])
    expect(site.refreshes()).toEqual([])
  })

  it('a page in a sandbox, which may have neither channels nor locks, keeps its own tokens good', async () => {
    const site = await startSite(service.url)
    const page = await open(await (await newContext()).newPage(), site)
    const { body } = await service.issue({ sub: 'alice', expires_in: 600, refresh: true })
    const token = await page.evaluate(`new Promise(async resolve => {
      const code = await (await fetch('/client.js')).text()
      const frame = document.createElement('iframe')
      frame.sandbox = 'allow-scripts'
      frame.srcdoc = \`<script type="module">
        import { createTokenClient } from "data:text/javascript,\${encodeURIComponent(code)}"
        const client = createTokenClient({ tokenUrl: '${service.url}/oauth2/token' })
        client.signIn(${JSON.stringify({ ...body, expires_in: 0 })})
        parent.postMessage(await client.accessToken(), '*')
      </script>\`
      addEventListener('message', ({ data }) => resolve(data))
      document.body.append(frame)
    })`)
    expect(token).not.toBe(body.access_token)
    expect((await service.introspect(`${token}`)).body.active).toBe(true)
  })

  it('a tab that slept sends nothing old when it wakes', async () => {
    const site = await startSite(service.url)
    const context = await newContext()
    const page = await open(await context.newPage(), site)
    await signIn(page, service, 5)
    await use([page], site, 1)
    const session = await context.newCDPSession(page)
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    const { body } = await service.issue({ sub: 'bob', expires_in: 5 })
    await eventually(async () =>
      expect((await service.introspect(body.access_token)).body.active).toBe(false),
    )
    const before = site.refreshes().length
    const visits = site.visits.length
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    expect(new Set(await ask(page))).toEqual(new Set([200]))
    await eventually(async () => expect(site.refreshes().length).toBeGreaterThan(before))
    expectOnePerLife(site)
    expect(site.visits.slice(visits).filter(visit => visit.status === 401)).toEqual([])
  })

  it('a page that comes back from the back/forward cache goes on', async () => {
    const site = await startSite(service.url)
    const context = await newContext()
    const page = await open(await context.newPage(), site)
    await signIn(page, service, 5)
    await use([page], site, 1)
    // Playwright loses sight of a page in that cache: it reports by itself.
    await page.evaluate(() => {
      const report = async (persisted: boolean) => {
        const { status } = await globalThis.tokens.fetch('/forward-auth')
        await globalThis.fetch(`/report?persisted=${persisted}&status=${status}`)
      }
      globalThis.addEventListener('pageshow', event => setInterval(report, 500, event.persisted))
    })
    await page.goto(`${site.url}.well-known/jwks.json`)
    const { body } = await service.issue({ sub: 'bob', expires_in: 5 })
    await eventually(async () =>
      expect((await service.introspect(body.access_token)).body.active).toBe(false),
    )
    const before = site.refreshes().length
    await page.goBack({ waitUntil: 'commit' })
    await eventually(async () => expect(site.refreshes().length).toBeGreaterThan(before + 1))
    const reports = site.visits.map(visit => visit.path).filter(path => path.startsWith('/report'))
    expect(new Set(reports)).toEqual(new Set(['/report?persisted=true&status=200']))
    expectOnePerLife(site)
  })

  it('an expired refresh token ends the session, and is said', async () => {
    const forgetful = await startService({ args: ['--refresh-expires-in', '2s'] })
    const site = await startSite(forgetful.url)
    const page = await open(await (await newContext()).newPage(), site)
    const { body } = await forgetful.issue({ sub: 'alice', expires_in: 600, refresh: true })
    await page.evaluate(response => globalThis.tokens.signIn(response), body)
    await eventually(async () =>
      expect((await forgetful.introspect(body.refresh_token)).body.active).toBe(false),
    )
    await forgetful.revoke({ jti: body.jti })
    expect(await ask(page)).toEqual([401])
    expect(await ask(page)).toEqual([401, 401])
    expect(await page.evaluate(() => [globalThis.tokens.state.isSignedIn, globalThis.events])).toEqual([
      false,
      ['signed-in', 'clock-skew', 'signed-out'],
    ])
    expect(site.refreshes()).toHaveLength(1)
  })

  it('over a slow and flapping network, somebody sees failures of the network, but no 401', async () => {
    const slow = () => Math.random() * 100
    const way = await startProxy(service.url, { thereMs: slow, backMs: slow })
    const site = await startSite(way.url)
    const page = await open(await (await newContext()).newPage(), site)
    await signIn(page, service, 5)
    const flapping = setInterval(() => (Math.random() < 0.4 ? way.cut() : way.join()), 250)
    try {
      await use([page], site, 4)
    } finally {
      clearInterval(flapping)
      way.join()
    }
    await eventually(async () => expect((await ask(page)).at(-1)).toBe(200))
    expect((await ask(page)).filter(status => status !== 200 && status !== 0 && status !== 502)).toEqual([])
  })

  it('a page of another origin gets tokens and the time from the service itself', async () => {
    const site = await startSite(service.url)
    const page = await open(await (await startBrowser(fakedClock(3600))).newPage(), site)
    const { body } = await service.issue({ sub: 'alice', expires_in: 600, refresh: true })
    const seen = await page.evaluate(
      async ([url = '', response]) => {
        const { createTokenClient, detectClockSkew } = globalThis.skewproof
        const tokens = createTokenClient({ tokenUrl: `${url}/oauth2/token`, share: null })
        tokens.signIn({ ...JSON.parse(`${response}`), expires_in: 0 })
        const token = await tokens.accessToken()
        return { token, told: tokens.state.clockSkew, measured: await detectClockSkew(url) }
      },
      [service.url, JSON.stringify(body)] as const,
    )
    expect((await service.introspect(`${seen.token}`)).body.active).toBe(true)
    for (const skew of [seen.told, seen.measured]) {
      expect(Math.abs((skew?.skewMs ?? Number.NaN) - 3_600_000)).toBeLessThanOrEqual(skew?.errorMs ?? 0)
    }
  })
})
