import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { Failure } from './main.mjs'
import { root } from './root.mjs'
import { run } from './run.mjs'
import { step } from './step.mjs'

/**
 * @typedef {{
 *   package: string,
 *   why: string,
 *   program?: string,
 *   library?: string,
 *   header?: string,
 *   unpacked?: string,
 *   with?: readonly string[],
 *   backports?: boolean,
 * }} SystemPackage a Debian package and one file of it that tells whether it is there: a program in the PATH, a library below
 *   /usr/lib/<architecture>, or a header below /usr/include. Debian lets only one time daemon be installed, and
 *   installs with Prometheus what a server of it needs; such are unpacked instead, together with libraries that they need, in a
 *   folder of this workspace. So are those that older releases have in their backports alone
 */

/** What tests run besides Node: real daemons, and clocks that are really wrong. */
export const systemPackages = /** @type {const} @satisfies {readonly SystemPackage[]} */ ([
  {
    package: 'faketime',
    library: 'faketime/libfaketimeMT.so.1',
    why: 'runs a process with a wrong wall clock',
  },
  { package: 'nginx', program: 'nginx', why: 'asks the service before it lets a request through' },
  { package: 'haproxy', program: 'haproxy', why: 'sends requests to services that are ready' },
  { package: 'chrony', program: 'chronyd', why: 'is a source of time' },
  { package: 'openssl', program: 'openssl', why: 'makes the certificates of servers' },
  { package: 'wrk', program: 'wrk', why: 'puts load on servers in the benchmark' },
  { package: 'redis-server', program: 'redis-server', why: 'is a shared store' },
  {
    package: 'valkey-server',
    unpacked: 'usr/bin/valkey-server',
    // Its libraries are those of redis-server.
    with: ['valkey-tools'],
    backports: true,
    why: 'is another shared store',
  },
  { package: 'gcc', program: 'gcc', why: 'compiles the shim that fakes the clocks of daemons' },
  { package: 'libc6-dev', header: 'time.h', why: 'compiles the shim that fakes the clocks of daemons' },
  { package: 'iproute2', program: 'ip', why: 'gives daemons a network of their own' },
  {
    package: 'ntpsec',
    unpacked: 'usr/sbin/ntpd',
    with: ['libbsd0', 'libmd0'],
    why: 'is another source of time',
  },
  { package: 'chromium', program: 'chromium', why: 'runs the client as its users do' },
  {
    package: 'systemd-timesyncd',
    unpacked: 'lib/systemd/systemd-timesyncd',
    with: ['libsystemd-shared'],
    why: 'is another source of time',
  },
  {
    package: 'prometheus',
    unpacked: 'usr/bin/prometheus',
    why: 'reads what the service measures',
  },
  { package: 'systemd', program: 'busctl', why: 'asks systemd-timesyncd' },
  { package: 'dbus-daemon', program: 'dbus-daemon', why: 'carries what systemd-timesyncd is asked' },
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

/** Where the files of an unpacked package are. @param {string} name */
function unpackedFolder(name) {
  return join(root, 'node_modules/.cache/debian', name)
}

/** @param {SystemPackage} wanted */
function find({ package: name, program, library, header, unpacked }) {
  if (unpacked !== undefined) return [join(unpackedFolder(name), unpacked)].find(existsSync)
  if (program !== undefined) return findProgram(program)
  if (library !== undefined) return findLibrary(library)
  return header === undefined ? undefined : [join('/usr/include', header)].find(existsSync)
}

/** @param {readonly SystemPackage[]} missing */
function describeMissing(missing) {
  const reasons = missing.map(({ package: name, why }) => `  ${name} ${why}`)
  const names = missing.filter(({ unpacked }) => unpacked === undefined).map(({ package: name }) => name)
  const toInstall = `Install them with: sudo apt-get install --no-install-recommends ${names.join(' ')}`
  const toUnpack = 'On Debian, `npm test` fetches and unpacks what is better not installed.'
  return [
    'Tests need Debian packages that are not here:',
    ...reasons,
    ...(names.length > 0 ? [toInstall] : []),
    ...(names.length < missing.length ? [toUnpack] : []),
  ].join('\n')
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

/**
 * Where a package that is unpacked keeps its libraries, for `LD_LIBRARY_PATH`.
 *
 * @param {SystemPackageName} name
 */
export function unpackedLibraryPath(name) {
  const folder = join(unpackedFolder(name), 'usr/lib')
  if (!existsSync(folder)) return ''
  return readdirSync(folder)
    .map(architecture => join(folder, architecture))
    .join(delimiter)
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

/** @param {readonly string[]} args @param {string} [cwd] */
function aptGet(args, cwd) {
  return run('apt-get', ['--yes', '--quiet', ...args], { DEBIAN_FRONTEND: 'noninteractive' }, cwd)
}

/** Tries again with fresh lists of packages. @param {() => ReturnType<typeof run>} attempt */
async function withFreshLists(attempt) {
  const first = await attempt()
  if (first.ok) return first
  await aptGet(['update'])
  return attempt()
}

/**
 * Downloads packages from the backports of this release, by lists of their own: those of the machine stay as they are.
 *
 * @param {readonly string[]} names
 * @param {string} own a folder for it
 */
async function downloadFromBackports(names, own) {
  const release = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  const targets = await run('apt-get', [
    'indextargets',
    '--format',
    '$(RELEASE) $(REPO_URI)',
    'Created-By: Packages',
  ])
  const repository = targets.output
    .split('\n')
    .find(line => line.startsWith(`${release} `))
    ?.split(' ')[1]
  const [sources, lists] = [join(own, 'sources.list'), join(own, 'lists')]
  writeFileSync(sources, `deb ${repository} ${release}-backports main\n`)
  mkdirSync(lists)
  const settings = {
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': lists,
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['--option', `${name}=${value}`])
  const update = await aptGet([...options, 'update'])
  return update.ok ? aptGet([...options, 'download', ...names], own) : update
}

/**
 * Downloads a package and those that it needs, and unpacks them where `find` looks: nothing is installed.
 *
 * @param {SystemPackage} wanted
 */
async function unpack({ package: name, with: others = [], backports = false }) {
  const folder = unpackedFolder(name)
  mkdirSync(join(folder, '..'), { recursive: true })
  const own = mkdtempSync(`${folder}-`)
  try {
    const names = [name, ...others]
    const plain = () => aptGet(['download', ...names], own)
    let download = await (backports ? plain() : withFreshLists(plain))
    if (!download.ok && backports) download = await downloadFromBackports(names, own)
    if (!download.ok) return download
    const files = join(own, 'files')
    for (const archive of readdirSync(own).filter(file => file.endsWith('.deb'))) {
      const unpacked = await run('dpkg-deb', ['--extract', join(own, archive), files])
      if (!unpacked.ok) return unpacked
    }
    // Whole, or not at all.
    rmSync(folder, { recursive: true, force: true })
    renameSync(files, folder)
    return download
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

/**
 * Installs the Debian packages that tests need and this machine lacks. Where that is not ours to do it says what to install;
 * the tests that need it then fail, each with the same words.
 */
export async function installSystemPackages() {
  /** @returns {readonly SystemPackage[]} */
  const missing = () => systemPackages.filter(wanted => find(wanted) === undefined)
  /** @param {string} title @param {() => ReturnType<typeof run>} work */
  const perform = async (title, work) => {
    const { ok, output } = await step(title, work)
    if (!ok) throw new Failure(`${output}\n${describeMissing(missing())}`)
  }
  if (findProgram('apt-get') !== undefined && findProgram('dpkg-deb') !== undefined) {
    for (const wanted of missing().filter(({ unpacked }) => unpacked !== undefined)) {
      await perform(`Unpacking ${wanted.package}`, () => unpack(wanted))
    }
  }
  const toInstall = missing().filter(({ unpacked }) => unpacked === undefined)
  const names = toInstall.map(({ package: name }) => name)
  if (names.length > 0 && mayInstall()) {
    await perform(`Installing ${names.join(', ')}`, () =>
      withoutStartingServices(() =>
        withFreshLists(() => aptGet(['install', '--no-install-recommends', ...names])),
      ),
    )
  }
  const still = missing()
  if (still.length === 0) return
  if (process.env['CI'] === 'true') throw new Failure(describeMissing(still))
  console.error(describeMissing(still))
}
