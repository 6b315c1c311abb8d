import type { JsonWebKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { parseJws, parsePayload, verifySignature } from '../jws/index.ts'
import { importVerificationKey } from '../keys/index.ts'
import {
  createStatusList,
  decodeStatusList,
  encodeStatusList,
  type StatusListClaim,
  setStatus,
  statusAt,
  statusCount,
} from './status-list.ts'

vi.setConfig({ testTimeout: 60_000 })

/** `vectors/README.md` describes the members. */
interface Vectors {
  readonly lists: readonly {
    readonly section: string
    readonly count: number
    readonly statuses: Readonly<Record<string, number>>
    readonly bytes?: string
    readonly claim: StatusListClaim
  }[]
  readonly token: { readonly jwk: JsonWebKey; readonly text: string }
}

const { lists, token }: Vectors = JSON.parse(
  readFileSync(new URL('vectors/draft.json', import.meta.url), 'utf8'),
)

describe.each(lists)('the example of $claim.bits bits in $section', ({ count, statuses, bytes, claim }) => {
  it('reads as the draft says, at every index', () => {
    const list = decodeStatusList(claim)
    expect(statusCount(list)).toBe(count)
    const wrong = Array.from({ length: count }, (_, index) => index).filter(
      index => statusAt(list, index) !== (statuses[index] ?? 0),
    )
    expect(wrong).toEqual([])
    if (bytes !== undefined) expect(Buffer.from(list.bytes).toString('hex')).toBe(bytes)
  })

  it('is written so that it reads the same', () => {
    const list = createStatusList(claim.bits, count)
    for (const [index, status] of Object.entries(statuses)) setStatus(list, Number(index), status)
    const { bytes } = decodeStatusList(encodeStatusList(list))
    expect(Buffer.compare(bytes, decodeStatusList(claim).bytes)).toBe(0)
  })
})

describe('the Status List Token of the draft', () => {
  it('has the signature of its key', () => {
    const jws = parseJws(token.text)
    expect(jws.header.typ).toBe('statuslist+jwt')
    expect(verifySignature(jws, importVerificationKey(token.jwk))).toBe(true)
    expect(parsePayload(jws.payload)).toMatchObject({
      sub: 'https://example.com/statuslists/1',
      status_list: { bits: 1, lst: 'eNrbuRgAAhcBXQ' },
      ttl: 43_200,
    })
  })
})
