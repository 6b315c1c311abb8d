import { trace } from '@opentelemetry/api'
import { metrics, NodeSDK, tracing } from '@opentelemetry/sdk-node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { BoundedClock, ManualClock, ManualHostClock, type TimeSource } from '../clock/index.ts'
import { createClock } from '../fleet/index.ts'
import { memoryStore } from '../stores/memory/index.ts'
import { createTokenService } from '../tokens/index.ts'
import type { StoreChange, TokenStore } from '../tokens/store.ts'
import { type InstrumentationOptions, instrument } from './index.ts'

const startMs = 1_800_000_000_000

const spans = new tracing.InMemorySpanExporter()
const sdk = new NodeSDK({
  autoDetectResources: false,
  spanProcessors: [new tracing.SimpleSpanProcessor(spans)],
  metricReaders: [],
})
let collected: metrics.InMemoryMetricExporter
let reader: metrics.PeriodicExportingMetricReader
let meterProvider: metrics.MeterProvider

beforeAll(() => sdk.start())
afterAll(() => sdk.shutdown())

beforeEach(() => {
  spans.reset()
  collected = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.CUMULATIVE)
  reader = new metrics.PeriodicExportingMetricReader({ exporter: collected })
  meterProvider = new metrics.MeterProvider({ readers: [reader] })
})
afterEach(() => meterProvider.shutdown())

interface Point {
  readonly name: string
  readonly unit: string
  readonly attributes: Record<string, unknown>
  readonly value: unknown
}

async function points(): Promise<readonly Point[]> {
  collected.reset()
  await reader.forceFlush()
  return collected.getMetrics().flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(scope =>
      scope.metrics.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => ({
          name: descriptor.name,
          unit: descriptor.unit,
          attributes: { ...attributes },
          value,
        })),
      ),
    ),
  )
}

/** The values of one metric, by its attributes. */
async function valuesOf(name: string): Promise<readonly (readonly [string, unknown])[]> {
  const own = (await points()).filter(point => point.name === name)
  return own.map(({ attributes, value }) => [Object.values(attributes).join(' '), value])
}

function source(name: string, offsetMs: number): TimeSource {
  return {
    name,
    authenticated: false,
    minPollMs: 0,
    measure: async ({ host }) => ({
      monotonicMs: host.monotonicMs(),
      timeMs: startMs + host.monotonicMs() + offsetMs,
      errorMs: 5,
    }),
  }
}

function setUp() {
  const host = new ManualHostClock(startMs)
  const store = memoryStore({ host })
  const options = { issuer: 'https://auth.test', audience: 'api', store, host }
  const clock = new ManualClock({ timeMs: startMs })
  const tokens = createTokenService({ ...options, clock })
  const ahead = createTokenService({ ...options, clock: new ManualClock({ timeMs: startMs + 180_000 }) })
  return { host, store, tokens, ahead }
}

function begin(options: InstrumentationOptions): void {
  const instrumentation = instrument({ ...options, meterProvider })
  onTestFinished(() => instrumentation.stop())
}

/** Verifies within a span, and gives the attributes which that has at its end. */
async function attributesOf(verifier: { verify(token: string): Promise<unknown> }, token: string) {
  await trace.getTracer('test').startActiveSpan('request', async span => {
    await verifier.verify(token).catch(() => {})
    span.end()
  })
  return spans.getFinishedSpans().at(-1)?.attributes
}

describe('the span in which a token is verified', () => {
  it('says when it was issued, what time it is, and how well both are known', async () => {
    const { tokens, store } = setUp()
    begin({ tokens, store })
    const { access_token: token, jti } = await tokens.issue({ subject: 'alice' })
    expect(await attributesOf(tokens, token)).toEqual({
      'token.jti': jti,
      'token.issued_at': startMs / 1000,
      'server.time': startMs / 1000,
      'clock.skew_seconds': 0,
      'clock.error_bound_seconds': 0,
      'clock.status': 'synchronized',
    })
  })

  it('says why a token was refused, whose clock is wrong and by how much', async () => {
    const { tokens, ahead } = setUp()
    begin({ tokens })
    const { access_token: token } = await ahead.issue({ subject: 'alice' })
    expect(await attributesOf(tokens, token)).toMatchObject({
      'token.error': 'ERR_TOKEN_NOT_YET_VALID',
      'token.culprit': 'issuer',
      'clock.skew_seconds': 180,
      'token.issued_at': startMs / 1000 + 180,
    })
  })

  it("says nothing that a token says which may be anybody's", async () => {
    const { tokens } = setUp()
    begin({ tokens, identities: ['jti', 'subject'] })
    const { access_token: token } = await tokens.issue({ subject: 'alice' })
    const attributes = await attributesOf(tokens, `${token.slice(0, -4)}AAAA`)
    expect(Object.keys(attributes ?? {}).toSorted()).toEqual([
      'clock.error_bound_seconds',
      'clock.status',
      'server.time',
      'token.error',
    ])
  })

  it('names the token and its subject only as far as that is asked for', async () => {
    const { tokens } = setUp()
    begin({ tokens, identities: ['subject'] })
    const { access_token: token } = await tokens.issue({ subject: 'alice' })
    const attributes = await attributesOf(tokens, token)
    expect(attributes).toMatchObject({ 'enduser.id': 'alice' })
    expect(attributes).not.toHaveProperty('token.jti')
  })
})

describe('the metrics', () => {
  it('count verdicts by code and culprit, and what the cache knew', async () => {
    const { tokens, ahead } = setUp()
    begin({ tokens })
    const { access_token: good } = await tokens.issue({ subject: 'alice' })
    const { access_token: early } = await ahead.issue({ subject: 'alice' })
    for (const token of [good, good, good, early, 'no token']) await tokens.verify(token).catch(() => {})
    const counted = (await valuesOf('skewproof.token.verifications')).filter(([, count]) => count !== 0)
    expect(counted).toEqual([
      ['valid', 3],
      ['refused ERR_TOKEN_NOT_YET_VALID issuer', 1],
      ['refused ERR_TOKEN_MALFORMED', 1],
    ])
    expect(await valuesOf('skewproof.verifier.cache.lookups')).toEqual([
      ['miss', 3],
      ['hit', 2],
    ])
  })

  it('show how far the clocks of issuers are off, in both directions', async () => {
    const { tokens, ahead } = setUp()
    begin({ tokens, verifiers: [ahead] })
    const { access_token: early } = await ahead.issue({ subject: 'alice' })
    const { access_token: late } = await tokens.issue({ subject: 'alice' })
    await tokens.verify(early).catch(() => {})
    await ahead.verify(late)
    expect(await valuesOf('skewproof.token.arrival_skew')).toMatchObject([
      ['ahead', { count: 1, sum: 180 }],
      ['behind', { count: 1, sum: 180 }],
    ])
  })

  it('measure the clock and its sources, and count steps', async () => {
    const host = new ManualHostClock(startMs + 180_000)
    const clock = new BoundedClock({
      host,
      sources: [source('one', 2), source('two', -2), source('liar', 9000)],
      schedule: () => () => {},
    })
    onTestFinished(() => clock.close())
    begin({ clock })
    await clock.measure()
    const all = await points()
    const value = (name: string, text = '') =>
      all.find(one => one.name === name && Object.values(one.attributes).join(' ') === text)?.value
    expect(value('skewproof.clock.wall_offset')).toBeCloseTo(180, 1)
    expect(value('skewproof.clock.error_bound')).toBeGreaterThan(0.002)
    expect(value('skewproof.clock.status', 'synchronized')).toBe(1)
    expect(value('skewproof.clock.status', 'holdover')).toBe(0)
    expect(value('skewproof.clock.source.status', 'liar falseticker')).toBe(1)
    expect(value('skewproof.clock.source.status', 'one selected')).toBe(1)
    expect(value('skewproof.clock.source.offset', 'liar')).toBeCloseTo(9, 1)
    expect(value('skewproof.clock.source.error_bound', 'liar')).toBeCloseTo(0.005, 3)
    expect(await valuesOf('skewproof.clock.disturbances')).toEqual([
      ['step', 0],
      ['suspend', 0],
    ])
    host.step(5000)
    clock.now()
    expect(await valuesOf('skewproof.clock.disturbances')).toEqual([
      ['step', 1],
      ['suspend', 0],
    ])
  })

  it('measure the store, and how long revocations take to arrive', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const { tokens, store } = setUp()
    const changes: StoreChange[] = [
      { kind: 'token', jti: 'a', ageMs: 20 },
      { kind: 'document', name: 'keys', ageMs: 20 },
      { kind: 'everything' },
    ]
    vi.spyOn(store, 'openFeed').mockReturnValue({ take: () => changes.splice(0), close: () => {} })
    begin({ store })
    const clock = await createClock({ sources: [store] })
    clock.close()
    const { jti } = await tokens.issue({ subject: 'alice' })
    await tokens.revoke(jti)
    vi.advanceTimersByTime(1000)
    const operations = (await valuesOf('skewproof.store.operation.duration')).map(
      ([attributes]) => attributes,
    )
    expect(operations).toContain('revokeToken ok')
    expect(operations).toContain('beat ok')
    expect(await valuesOf('skewproof.revocation.propagation')).toMatchObject([['', { count: 1, sum: 0.02 }]])
    expect(await valuesOf('skewproof.store.staleness')).toEqual([['', 0]])
  })

  it('go on while the store cannot be asked', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const store: TokenStore = memoryStore()
    begin({ store })
    await store.close()
    vi.advanceTimersByTime(5000)
    expect(await valuesOf('skewproof.store.staleness')).toEqual([['', 0]])
  })

  it('have names in the form of OpenTelemetry, and neither tokens nor people in them', async () => {
    const { tokens, store } = setUp()
    begin({ tokens, store, identities: ['jti', 'subject'] })
    const {
      access_token: token,
      jti,
      refresh_token: refresh = '',
    } = await tokens.issue({
      subject: 'alice',
      refresh: true,
    })
    await tokens.verify(token)
    await tokens.refresh(refresh)
    await tokens.revokeSubject('alice')
    const all = await points()
    const text = JSON.stringify(all)
    for (const secret of [token, jti, 'alice', refresh]) expect(text).not.toContain(secret)
    for (const { name, unit } of all) {
      expect(name).toMatch(/^skewproof(\.[a-z_]+)+$/)
      expect(unit).toMatch(/^(s|\{[a-z]+\}|)$/)
    }
    expect(await valuesOf('skewproof.token.issuances')).toEqual([
      ['request', 1],
      ['refresh', 1],
    ])
    expect(await valuesOf('skewproof.token.revocations')).toEqual([['subject', 1]])
  })
})
