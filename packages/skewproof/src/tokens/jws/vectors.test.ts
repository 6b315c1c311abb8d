import type { JsonWebKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { importSigningKey, importVerificationKey } from '../keys/index.ts'
import { parseJws } from './parse.ts'
import { signBytes, verifySignature } from './signature.ts'

/** `vectors/README.md` describes the members. */
interface Row {
  readonly name: string
  readonly token: string | object
  readonly jwk: JsonWebKey
  readonly result: string
  readonly reason?: string
  readonly payload?: string
  readonly deterministic?: boolean
}

function load(file: string): Row[] {
  return JSON.parse(readFileSync(new URL(`vectors/${file}`, import.meta.url), 'utf8'))
}

function textOf({ token }: Row): string {
  return typeof token === 'string' ? token : JSON.stringify(token)
}

/** `valid`, `invalid`, or the code of the error. */
function resultOf(row: Row): string {
  try {
    const key = importVerificationKey(row.jwk)
    return verifySignature(parseJws(textOf(row)), key) ? 'valid' : 'invalid'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe.each(['rfc7515.json', 'rfc7520.json', 'others.json'])('%s', file => {
  const rows = load(file)
  const valid = rows.filter(row => row.result === 'valid')

  it.each(rows)('$name: $result', row => {
    expect(resultOf(row)).toBe(row.result)
    if (row.result !== 'valid') expect(row.reason).toMatch(/\.$/)
  })

  it.each(valid)('$name: the payload is what was signed', row => {
    expect(parseJws(textOf(row)).payload.toString()).toBe(row.payload)
  })

  it.each(valid)('$name: no bit of the signature may change', row => {
    const key = importVerificationKey(row.jwk)
    const jws = parseJws(textOf(row))
    for (let bit = 0; bit < jws.signature.length * 8; bit += 37) {
      const signature = Buffer.from(jws.signature)
      signature.writeUInt8(signature.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(verifySignature({ ...jws, signature }, key)).toBe(false)
    }
  })

  it.each(rows.filter(row => row.deterministic))('$name: we sign the same', row => {
    const { alg, signWith } = importSigningKey(row.jwk)
    const { signingInput, signature } = parseJws(textOf(row))
    expect(signBytes(alg, Buffer.from(signingInput), signWith)).toEqual(signature)
  })
})
