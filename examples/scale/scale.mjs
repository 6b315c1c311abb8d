#!/usr/bin/env node
// What a billion live tokens cost by each of two ways to learn of revocations. Prints the tables of docs/scale.md.

import { gzipSync } from 'node:zlib'
import { createStatusList, encodeStatusList, generateKey, setStatus, signToken } from 'skewproof'

const liveTokens = 1e9
const lifetimeSeconds = 86_400
const revokedShare = 0.01
const listSize = 2 ** 20
const redisBytesPerToken = 200
const readingMicroseconds = 5
const verifiers = [1000, 1_000_000]
const ttls = [30, 300, 3600]

/** Two significant digits, in the largest unit that leaves a whole one. */
function amount(value, units, step = 1000) {
  let [unit, ...larger] = units
  while (value >= step && larger.length > 0) {
    value /= step
    ;[unit, ...larger] = larger
  }
  return `${Number(value.toPrecision(2)).toLocaleString('en')} ${unit}`
}
const bytes = value => amount(value, ['B', 'kB', 'MB', 'GB', 'TB'])
const rate = value => amount(value, ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s'])
const duration = seconds => (seconds < 120 ? `${seconds} s` : amount(seconds / 60, ['min', 'h'], 60))
const count = value => Number(value.toPrecision(2)).toLocaleString('en')

function table(head, ...rows) {
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`)
  console.log()
}

/** A list as it is published, with every hundredth token or so revoked, the same in each run. */
function sampleList() {
  const list = createStatusList(1, listSize)
  let state = 1
  for (let index = 0; index < listSize; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    if (state / 2 ** 32 < revokedShare) setStatus(list, index, 1)
  }
  const issuer = 'https://auth.example.com'
  const claims = {
    iss: issuer,
    sub: `${issuer}/.well-known/status/abcdefghijkl`,
    iat: 1e9,
    exp: 1e9,
    ttl: 30,
  }
  const statusList = encodeStatusList(list)
  const token = signToken(
    generateKey('ES256'),
    { typ: 'statuslist+jwt' },
    { ...claims, status_list: statusList },
  )
  return {
    rawBytes: list.bytes.length,
    deflatedBytes: Buffer.from(statusList.lst, 'base64url').length,
    tokenBytes: token.length,
    gzippedBytes: gzipSync(token).length,
  }
}

/** A revocation as an entry of a stream, as Redis sends it to a reader. */
const feedEntry = [
  '*2\r\n$15\r\n1700000000000-0\r\n',
  '*4\r\n$4\r\nkind\r\n$5\r\ntoken\r\n$3\r\njti\r\n$26\r\n',
  'K9gGxxxxxxxxxxxxxxxxxxxxxx\r\n',
].join('')

const issuedPerSecond = liveTokens / lifetimeSeconds
const revokedPerSecond = issuedPerSecond * revokedShare
const lists = Math.ceil(liveTokens / listSize)
const list = sampleList()

/** How many processors read the places of so many tokens twice in each `ttl`. */
const processors = (tokens, ttl) => count((tokens * readingMicroseconds * 1e-6 * 2) / ttl)

/** How many different lists so many tokens are on, on average. */
const listsOf = tokens => lists * (1 - (1 - 1 / lists) ** tokens)

table(
  ['assumed', ''],
  ['live tokens', liveTokens.toLocaleString('en')],
  ['each lives for', duration(lifetimeSeconds)],
  ['revoked before they expire', `${revokedShare * 100} %`],
  ['tokens on a status list', listSize.toLocaleString('en')],
  ['memory of Redis for a token', bytes(redisBytesPerToken)],
  ['reading the place of a token from the embedded store', `${readingMicroseconds} µs`],
)
table(
  ['follows', ''],
  ['tokens issued', `${count(issuedPerSecond)} /s`],
  ['tokens revoked', `${count(revokedPerSecond)} /s`],
  ['status lists', count(lists)],
  ['a list is full after', duration(Math.round(listSize / issuedPerSecond))],
)
const feedRate = revokedPerSecond * feedEntry.length
table(
  ['the feed of Redis', ''],
  ['memory of Redis', bytes(liveTokens * redisBytesPerToken)],
  ['one revocation on the wire', bytes(feedEntry.length)],
  ['each verifier receives', rate(feedRate)],
  ...verifiers.map(number => [`Redis sends to ${number.toLocaleString('en')}`, rate(feedRate * number)]),
)

table(
  ['one status list', ''],
  ['in memory', bytes(list.rawBytes)],
  ['compressed', bytes(list.deflatedBytes)],
  ['as a signed token', bytes(list.tokenBytes)],
  ['that token under `Content-Encoding: gzip`', bytes(list.gzippedBytes)],
)

const perVerifier = [
  ['all lists', lists],
  ['1000 tokens', listsOf(1000)],
  ['10 tokens', listsOf(10)],
]
table(
  ['status lists, by `ttl`', ...ttls.map(duration)],
  ['a revocation arrives within, at most', ...ttls.map(ttl => duration(3.5 * ttl))],
  ['the same without a cache in between', ...ttls.map(ttl => duration(2.5 * ttl))],
  ...perVerifier.map(([name, number]) => [
    `a verifier that sees ${name} receives`,
    ...ttls.map(ttl => rate((number * list.tokenBytes) / ttl)),
  ]),
  ...verifiers.map(number => [
    `the caches send to ${number.toLocaleString('en')} that see 1000 tokens`,
    ...ttls.map(ttl => rate((number * listsOf(1000) * list.tokenBytes) / ttl)),
  ]),
  ['the service sends to one cache', ...ttls.map(ttl => rate((lists * list.tokenBytes) / ttl))],
  ['processors that the service needs to read the places', ...ttls.map(ttl => processors(liveTokens, ttl))],
  ['the same for a million tokens', ...ttls.map(ttl => processors(1e6, ttl))],
)
table(
  ['memory of a verifier', ''],
  ['that sees all lists', bytes(lists * list.rawBytes)],
  ['that sees 10 tokens', bytes(listsOf(10) * list.rawBytes)],
)
