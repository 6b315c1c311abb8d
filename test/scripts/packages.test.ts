import { describe, expect, it } from 'vitest'
import { explainInstallFailure, lockMatches, outdatedPackages } from '../../scripts/lib/packages.mjs'

const lock = (packages: Parameters<typeof outdatedPackages>[0]['packages']) => ({ packages })
const jose = { version: '6.2.1', integrity: 'sha512-a' }

describe('outdatedPackages', () => {
  it('finds nothing to do when what the lock file asks for is there', () => {
    const packages = { 'node_modules/jose': jose, 'node_modules/skewproof': { link: true } }
    expect(outdatedPackages(lock({ '': {}, 'packages/skewproof': {}, ...packages }), lock(packages))).toEqual(
      [],
    )
  })

  it.each([
    ['missing', {}],
    ['of another version', { 'node_modules/jose': { ...jose, version: '6.2.0' } }],
    ['of other content', { 'node_modules/jose': { ...jose, integrity: 'sha512-b' } }],
  ])('finds a package that is %s', (_, installed) => {
    expect(outdatedPackages(lock({ 'node_modules/jose': jose }), lock(installed))).toEqual([
      'node_modules/jose',
    ])
  })

  it('looks below the workspaces too', () => {
    const folder = 'packages/a/node_modules/jose'
    expect(outdatedPackages(lock({ 'packages/a': {}, [folder]: jose }), lock({}))).toEqual([folder])
  })

  it('finds a package that is no longer wanted', () => {
    expect(outdatedPackages(lock({}), lock({ 'node_modules/jose': jose }))).toEqual(['node_modules/jose'])
  })

  it('does not miss what is optional, but sees it change', () => {
    const wanted = lock({ 'node_modules/fsevents': { version: '2.3.3', optional: true } })
    expect(outdatedPackages(wanted, lock({}))).toEqual([])
    expect(outdatedPackages(wanted, lock({ 'node_modules/fsevents': { version: '2.3.2' } }))).toEqual([
      'node_modules/fsevents',
    ])
  })
})

describe('lockMatches', () => {
  it('compares the dependencies of every kind, in any order', () => {
    const a = { dependencies: { a: '1', b: '2' }, peerDependencies: { lmdb: '3' } }
    const b = { peerDependencies: { lmdb: '3' }, dependencies: { b: '2', a: '1' } }
    expect(lockMatches(a, b)).toBe(true)
    expect(lockMatches({ ...a, devDependencies: { c: '3' } }, b)).toBe(false)
    expect(lockMatches({ ...a, dependencies: { a: '1', b: '3' } }, b)).toBe(false)
  })

  it('knows a workspace that the lock file has not seen', () => {
    expect(lockMatches({ dependencies: { a: '1' } }, undefined)).toBe(false)
  })
})

describe('explainInstallFailure', () => {
  it('says in one line that the registry cannot be reached', () => {
    const output = 'npm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error errno ENOTFOUND'
    expect(explainInstallFailure(output)).toMatch(
      /^The npm registry cannot be reached \(ENOTFOUND\)\.[^\n]+$/,
    )
  })

  it('passes on what npm said otherwise', () => {
    expect(explainInstallFailure('npm error code EACCES')).toContain('EACCES')
  })
})
