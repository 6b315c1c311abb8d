import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { seriesNames } from '../../packages/server/test/support/exposition.ts'
import { type Service, startService } from '../../packages/server/test/support/service.ts'
import { startChronyd } from '../support/chronyd.ts'
import { eventually, temporaryDirectory } from '../support/processes.ts'
import { promtool, startPrometheus } from '../support/prometheus.ts'
import { RedisServer } from '../support/redis-server.ts'

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url))
const folder = join(deploy, 'prometheus')

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string
      readonly exp_alerts: readonly unknown[]
    }[]
  }[]
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
}

const rules = (parse(readFileSync(join(folder, 'skewproof.rules.yml'), 'utf8')) as Rules).groups.flatMap(
  group => group.rules,
)
const dashboard = JSON.parse(readFileSync(join(deploy, 'grafana/skewproof.json'), 'utf8')) as Dashboard
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

function metricsIn(expressions: readonly string[]): readonly string[] {
  return [...new Set(expressions.flatMap(text => text.match(/\bskewproof_[a-z_]+/g) ?? []))]
}

/** A service whose clock is synchronized by a real chronyd that serves the true time. */
async function startMeasuredService(args: readonly string[], offsetSeconds = 0): Promise<Service> {
  const chronyd = await startChronyd({ localStratum: 2 })
  const source = `sntp:127.0.0.1:${chronyd.port}`
  return startService({ args: ['--source', source, ...args], offsetSeconds })
}

describe('the alert rules', () => {
  it('are what promtool takes', async () => {
    expect(await promtool(['check', 'rules', 'skewproof.rules.yml'], folder)).toContain('SUCCESS')
    expect(await promtool(['check', 'config', 'prometheus.yml'], folder)).toContain('SUCCESS')
  })

  it('fire as their tests say, each of them in one at least', async () => {
    expect(await promtool(['test', 'rules', 'skewproof.rules.test.yml'], folder)).toContain('SUCCESS')
    const { tests } = parse(readFileSync(join(folder, 'skewproof.rules.test.yml'), 'utf8')) as RuleTests
    const fired = tests
      .flatMap(test => test.alert_rule_test)
      .filter(({ exp_alerts: alerts }) => alerts.length > 0)
      .map(({ alertname }) => alertname)
    expect([...new Set(fired)].toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted())
  })
})

describe('the dashboard of Grafana', () => {
  it('asks what Prometheus can parse', async () => {
    const directory = temporaryDirectory()
    // As Grafana fills them in.
    const filled = queries.map(expr =>
      expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*').replaceAll('$instance', '.*'),
    )
    const recorded = filled.map((expr, index) => ({ record: `query_${index}`, expr }))
    writeFileSync(
      join(directory, 'queries.yml'),
      JSON.stringify({ groups: [{ name: 'all', rules: recorded }] }),
    )
    const output = await promtool(['check', 'rules', 'queries.yml'], directory)
    expect(output).toContain(`${queries.length} rules found`)
  })
})

it('the service shows every metric that the rules and the dashboard name', async () => {
  const redis = await RedisServer.start()
  onTestFinished(() => redis.end())
  const service = await startMeasuredService(['--redis', redis.url])
  const { body: first } = await service.issue({ sub: 'alice' })
  const { body: second } = await service.issue({ sub: 'alice' })
  const wanted = metricsIn([...rules.map(({ expr }) => expr), ...queries])
  expect(wanted.length).toBeGreaterThan(15)
  await service.forwardAuth(first.access_token)
  await service.revoke({ jti: first.jti })
  await eventually(async () => {
    await service.forwardAuth(second.access_token)
    const shown = seriesNames((await service.request('GET', '/metrics')).body)
    expect(wanted.filter(name => !shown.has(name))).toEqual([])
  })
})

it('a real Prometheus scrapes a service whose wall clock is off, and fires the alert', async () => {
  const service = await startMeasuredService([], 2)
  const directory = temporaryDirectory()
  const shorten = (text: string) =>
    text
      .replaceAll(/(scrape_interval|evaluation_interval): 15s/g, '$1: 1s')
      .replaceAll(/for: \S+/g, 'for: 1s')
  const configuration = readFileSync(join(folder, 'prometheus.yml'), 'utf8')
  expect(configuration).toContain('127.0.0.1:8787')
  writeFileSync(
    join(directory, 'prometheus.yml'),
    shorten(configuration).replace('127.0.0.1:8787', new URL(service.url).host),
  )
  writeFileSync(
    join(directory, 'skewproof.rules.yml'),
    shorten(readFileSync(join(folder, 'skewproof.rules.yml'), 'utf8')),
  )
  const prometheus = await startPrometheus(directory)
  const alert = await eventually(async () => {
    const found = (await prometheus.alerts()).find(
      ({ state, labels }) => state === 'firing' && labels['alertname'] === 'SkewproofClockOffsetLarge',
    )
    if (found === undefined) throw new Error('it does not fire')
    return found
  }, 60_000)
  expect(alert.labels).toMatchObject({ job: 'skewproof', severity: 'critical' })
  expect(alert.annotations['summary']).toMatch(
    /^The wall clock of 127\.0\.0\.1:\d+ is (1\.9\d+|2|2\.0\d*)s off$/,
  )
})
