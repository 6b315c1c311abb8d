import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { Failure } from './main.mjs'
import { run } from './run.mjs'
import { step } from './step.mjs'

/**
 * @typedef {{
 *   package: string,
 *   why: string,
 *   program?: string,
 *   library?: string,
 *   header?: string,
 * }} SystemPackage a Debian package and one file of it that tells whether it is there: a program in the PATH, a library below
 *   /usr/lib/<architecture>, or a header below /usr/include
 */

/** What tests run besides Node: real daemons, and clocks that are really wrong. */
export const systemPackages = /** @type {const} @satisfies {readonly SystemPackage[]} */ ([
  {
    package: 'faketime',
    library: 'faketime/libfaketimeMT.so.1',
    why: 'runs a process with a wrong wall clock',
  },
  { package: 'nginx', program: 'nginx', why: 'asks the service before it lets a request through' },
  { package: 'chrony', program: 'chronyd', why: 'is a source of time' },
  { package: 'openssl', program: 'openssl', why: 'makes the certificates of servers' },
  { package: 'redis-server', program: 'redis-server', why: 'is a shared store' },
  { package: 'gcc', program: 'gcc', why: 'compiles the shim that fakes the clocks of daemons' },
  { package: 'libc6-dev', header: 'time.h', why: 'compiles the shim that fakes the clocks of daemons' },
])

/** @typedef {typeof systemPackages[number]['package']} SystemPackageName */

/** @param {string} name */
function findProgram(name) {
  // Daemons live in folders that are not in every user's PATH.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
  return folders.map(folder => join(folder, name)).find(existsSync)
}

/** @param {string} path */
function findLibrary(path) {
  if (!existsSync('/usr/lib')) return undefined
  return readdirSync('/usr/lib')
    .map(folder => join('/usr/lib', folder, path))
    .find(existsSync)
}

/** @param {SystemPackage} wanted */
function find({ program, library, header }) {
  if (program !== undefined) return findProgram(program)
  if (library !== undefined) return findLibrary(library)
  return header === undefined ? undefined : [join('/usr/include', header)].find(existsSync)
}

/** @param {readonly SystemPackage[]} missing */
function describeMissing(missing) {
  const names = missing.map(({ package: name }) => name).join(' ')
  const reasons = missing.map(({ package: name, why }) => `  ${name} ${why}`).join('\n')
  return `Tests need Debian packages that are not installed:\n${reasons}\nInstall them with: sudo apt-get install --no-install-recommends ${names}`
}

/**
 * The path of the file that a system package is known by, for a test that needs it.
 *
 * @param {SystemPackageName} name
 * @returns {string}
 * @throws Failure when the package is not installed; the message says how to get it
 */
export function systemFile(name) {
  const wanted = systemPackages.filter(entry => entry.package === name)
  const path = wanted.map(find)[0]
  if (path === undefined) throw new Failure(describeMissing(wanted))
  return path
}

const policyFile = '/usr/sbin/policy-rc.d'

/**
 * Keeps Debian from starting the daemons that it installs.
 *
 * @template T
 * @param {() => Promise<T>} work
 */
async function withoutStartingServices(work) {
  if (existsSync(policyFile)) return work()
  writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return await work()
  } finally {
    rmSync(policyFile, { force: true })
  }
}

/** Whether installing is ours to do: a machine that is somebody's own is left alone. */
function mayInstall() {
  const disposable = process.env['CI'] === 'true' || !existsSync('/run/systemd/system')
  return process.getuid?.() === 0 && findProgram('apt-get') !== undefined && disposable
}

/** @param {readonly string[]} args */
function aptGet(args) {
  return run('apt-get', ['--yes', '--quiet', ...args], { DEBIAN_FRONTEND: 'noninteractive' })
}

/**
 * Installs the Debian packages that tests need and this machine lacks. Where that is not ours to do it says what to install;
 * the tests that need it then fail, each with the same words.
 */
export async function installSystemPackages() {
  const missing = () => systemPackages.filter(wanted => find(wanted) === undefined)
  const names = missing().map(({ package: name }) => name)
  if (names.length === 0) return

  if (mayInstall()) {
    const install = () => aptGet(['install', '--no-install-recommends', ...names])
    const { ok, output } = await step(`Installing ${names.join(', ')}`, () =>
      withoutStartingServices(async () => {
        const first = await install()
        if (first.ok) return first
        await aptGet(['update'])
        return install()
      }),
    )
    if (!ok) throw new Failure(`${output}\n${describeMissing(missing())}`)
  }
  const still = missing()
  if (still.length === 0) return
  if (process.env['CI'] === 'true') throw new Failure(describeMissing(still))
  console.error(describeMissing(still))
}
