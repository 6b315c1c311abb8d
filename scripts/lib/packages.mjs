import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Failure } from './main.mjs'
import { root } from './root.mjs'
import { run } from './run.mjs'
import { step } from './step.mjs'

/**
 * @typedef {{
 *   version?: string, integrity?: string, link?: boolean, optional?: boolean,
 *   dependencies?: Record<string, string>, devDependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string>, optionalDependencies?: Record<string, string>,
 * }} Manifest one package, in a lock file or a package.json
 * @typedef {{ packages: Record<string, Manifest> }} LockFile
 */

/**
 * Whether a package was installed, at the root or below a workspace; else it is the root itself, or a workspace.
 *
 * @param {string} folder
 */
function isInstalled(folder) {
  return /(^|\/)node_modules\//.test(folder)
}

/**
 * The folders whose package is missing, of another version, or no longer wanted.
 *
 * @param {LockFile} wanted `package-lock.json`
 * @param {LockFile} installed `node_modules/.package-lock.json`, where npm notes what it has put there
 */
export function outdatedPackages(wanted, installed) {
  const folders = new Set([...Object.keys(wanted.packages), ...Object.keys(installed.packages)])
  return [...folders].filter(folder => {
    if (!isInstalled(folder)) return false
    const want = wanted.packages[folder]
    const have = installed.packages[folder]
    // What is optional is there on some platforms only.
    if (have === undefined) return want?.optional !== true
    return want?.version !== have.version || want?.integrity !== have.integrity || want?.link !== have.link
  })
}

/**
 * Whether a package.json asks for the dependencies that the lock file has noted for it.
 *
 * @param {Manifest} manifest
 * @param {Manifest | undefined} locked
 */
export function lockMatches(manifest, locked) {
  /** @param {Manifest | undefined} of */
  const dependencies = of =>
    JSON.stringify(
      [of?.dependencies, of?.devDependencies, of?.peerDependencies, of?.optionalDependencies].map(list =>
        Object.entries(list ?? {}).sort(),
      ),
    )
  return dependencies(manifest) === dependencies(locked)
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}

/** @returns {LockFile} */
function readInstalled() {
  try {
    return readJson('node_modules/.package-lock.json')
  } catch {
    return { packages: {} }
  }
}

const unreachable =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED)\b/

/**
 * What to tell a person about a failed `npm ci`.
 *
 * @param {string} output
 */
export function explainInstallFailure(output) {
  const code = unreachable.exec(output)?.[1]
  if (code !== undefined) {
    return `The npm registry cannot be reached (${code}). Check the network, or npm's registry and proxy settings, and run again.`
  }
  return `npm could not install the packages:\n${output}`
}

/** Installs what package-lock.json asks for, unless it is there. */
export async function installPackages() {
  /** @type {LockFile} */
  const lock = readJson('package-lock.json')
  const workspaces = Object.keys(lock.packages).filter(folder => !isInstalled(folder))
  for (const folder of workspaces) {
    if (!lockMatches(readJson(join(folder, 'package.json')), lock.packages[folder])) {
      throw new Failure(
        `${join(folder, 'package.json')} and package-lock.json disagree: run \`npm install\` to update the lock file.`,
      )
    }
  }
  if (outdatedPackages(lock, readInstalled()).length === 0) return

  const npm = process.env['npm_execpath']
  const args = [
    'ci',
    '--loglevel=error',
    '--prefer-offline',
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000',
  ]
  const { ok, output } = await step('Installing packages', () =>
    npm === undefined ? run('npm', args) : run(process.execPath, [npm, ...args]),
  )
  if (!ok) throw new Failure(explainInstallFailure(output))
}
