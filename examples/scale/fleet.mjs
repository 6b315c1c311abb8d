#!/usr/bin/env node
// What it takes that servers agree on the time through one store, by a simulation of each fleet. Prints the table of
// docs/scale.md, "10, 1,000 and 100,000 servers".

import { readScenario, simulate } from 'skewproof/simulator'

/** One store takes so many nodes; more servers are several fleets. */
const maxNodes = 5000
/** What a server leaves for the others, as it crosses the wire. */
const report = '["web-1234:4711","0123456789abcdef",0,123456,1764100000000.125,40012.301,1.204]\n'

const fleets = [10, 1000, 100_000].map(servers => {
  const stores = Math.ceil(servers / maxNodes)
  return { servers, stores, size: Math.ceil(servers / stores) }
})

function play(size) {
  const good = Math.ceil(size / 5)
  return simulate(
    readScenario({
      name: 'scale',
      seed: 1,
      durationSeconds: 120,
      servers: [
        { count: good },
        { count: size - good, clock: { offsetWithinSeconds: 180, wanderPpm: 10 }, ntp: 'dead' },
      ],
      tokens: [{ lifetimeSeconds: 60, notBefore: true }],
      traffic: {
        loginsPerSecond: 20,
        secondsBetweenUses: 5,
        presentedForSeconds: 90,
        revokedShare: 0.2,
        revokedAfterSeconds: 10,
      },
      policies: ['auto'],
    }),
  )
}

const digits = value => Number(value.toPrecision(2)).toLocaleString('en')
function bytesPerSecond(value) {
  const units = ['B/s', 'kB/s', 'MB/s', 'GB/s']
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, value)) / 3))
  return `${digits(value / 1000 ** power)} ${units[power]}`
}

const runs = fleets.map(fleet => ({ ...fleet, result: play(fleet.size) }))
const autos = runs.map(({ result }) => result.policies[0])
const row = (title, cells) => console.log(`| ${[title, ...cells].join(' | ')} |`)

row(
  'servers',
  fleets.map(({ servers }) => servers.toLocaleString('en')),
)
row(
  '---',
  fleets.map(() => '---'),
)
row(
  'stores, each with a fleet',
  fleets.map(({ stores }) => String(stores)),
)
row(
  'each server leaves word every',
  runs.map(({ result }) => `${digits(result.clocks.beatEveryMs / 1000)} s`),
)
row(
  'each server receives',
  runs.map(({ size, result }) => bytesPerSecond((size * report.length) / (result.clocks.beatEveryMs / 1000))),
)
row(
  'each store sends',
  runs.map(({ size, result }) =>
    bytesPerSecond((size * size * report.length) / (result.clocks.beatEveryMs / 1000)),
  ),
)
row(
  'servers that knew the time, of those asked',
  runs.map(({ result }) => `${digits((result.clocks.reliable / result.clocks.readings) * 100)} %`),
)
row(
  'their bound, at most',
  runs.map(({ result }) => `${digits(result.clocks.maxErrorMs)} ms`),
)
row(
  'readings outside of their bound',
  runs.map(({ result }) => String(result.clocks.violations)),
)
row(
  'fresh tokens refused',
  autos.map(auto => String(auto.falseRejects)),
)
row(
  'a revocation is heard of after, at most',
  runs.map(({ result }) => `${digits(result.maxRevocationHeardMs)} ms`),
)
