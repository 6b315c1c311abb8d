import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where, and with which versions, something was measured. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  readonly openssl: string
  /** Name and version of each package and program that may take part. */
  readonly versions: Readonly<Record<string, string>>
}

const packages = [
  '@fastify/jwt',
  '@node-rs/jsonwebtoken',
  '@redis/client',
  'aws-jwt-verify',
  'express',
  'express-jwt',
  'fast-jwt',
  'fastify',
  'hono',
  'ioredis',
  'jose',
  'jsonwebtoken',
  'lmdb',
  'oidc-provider',
]

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.versions.node,
    openssl: process.versions.openssl,
    versions: {
      ...Object.fromEntries(packages.map(name => [name, versionOf(name)])),
      redis: versionPrintedBy('redis-server', /v=(\S+)/),
      wrk: versionPrintedBy('wrk', /wrk (?:debian\/)?([\d.]+)/),
    },
  }
}

/** How busy the machine is already. */
export function currentLoad(): number {
  return loadavg()[0] ?? 0
}

/** Not all packages let their package.json be imported: it is looked for above their entry. */
function versionOf(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.resolve(name)))
  for (; folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = readManifest(folder)
    if (manifest?.name === name) return manifest.version
  }
  return 'unknown'
}

function readManifest(folder: string): { name: string; version: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}

function versionPrintedBy(program: string, pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'not there'
}
