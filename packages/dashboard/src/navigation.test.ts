import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashFor, type Routes, readHash } from './navigation.ts'

const load = () => Promise.reject(new Error('not loaded here'))
const route = (path: string) => ({ path, title: path, isListed: true, shows: 'fleet' as const, load })
const routes: Routes = [route(''), route('nodes'), route('tokens')]

describe('where a hash leads', () => {
  it.each(['', '#', '#/', '#/nowhere', '#tokens', '#/toString', '#//x'])('to the first view: %s', hash => {
    expect(readHash(routes, hash).route.path).toBe('')
  })

  it('to a view, with the rest, whatever it is', () => {
    expect(readHash(routes, '#/tokens')).toMatchObject({ route: { path: 'tokens' }, rest: '' })
    expect(readHash(routes, '#/nodes/%E0%A4%A')).toMatchObject({ rest: '%E0%A4%A' })
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), rest => {
        expect(readHash(routes, hashFor('nodes', rest))).toMatchObject({ route: { path: 'nodes' }, rest })
      }),
    )
  })
})
