import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { systemFile, systemPackages } from '../../scripts/lib/system-packages.mjs'

afterEach(() => {
  vi.unstubAllEnvs()
})

it.each(systemPackages.map(entry => entry.package))('finds %s', name => {
  expect(existsSync(systemFile(name))).toBe(true)
})

it('finds daemons that the PATH leaves out', () => {
  vi.stubEnv('PATH', ['/usr/bin', '/bin'].join(delimiter))
  expect(systemFile('nginx')).toMatch(/sbin\/nginx$/)
})

it('says which package is missing, what for, and how to get it', () => {
  vi.stubEnv('PATH', '/nonexistent')
  expect(() => systemFile('redis-server')).toThrow(
    /redis-server is a shared store\nInstall .*apt-get install .*redis-server$/,
  )
})
