import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { run } from '../support/process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const deploy = join(root, 'deploy')

function read(path: string): string {
  return readFileSync(join(deploy, path), 'utf8')
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> }
  readonly spec: {
    readonly automountServiceAccountToken: boolean
    readonly securityContext: Readonly<Record<string, unknown>>
    readonly containers: readonly {
      readonly name: string
      readonly args: readonly string[]
      readonly env?: readonly { readonly name: string }[]
      readonly securityContext: Readonly<Record<string, unknown>>
      readonly readinessProbe?: { readonly httpGet: { readonly path: string } }
      readonly livenessProbe?: { readonly httpGet: { readonly path: string } }
    }[]
  }
}

interface Workload extends Manifest {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
    readonly template: PodTemplate
  }
}

const manifests = readdirSync(join(deploy, 'kubernetes'))
  .filter(name => name.endsWith('.yml'))
  .flatMap(name => parseAllDocuments(read(`kubernetes/${name}`)).map(document => document.toJS() as Manifest))

function ofKind<T extends Manifest>(kind: string): T {
  const found = manifests.find(manifest => manifest.kind === kind)
  if (found === undefined) throw new Error(`there is no ${kind}`)
  return found as T
}

/** All variables that the command reads. */
const variables = new Set(
  readFileSync(join(root, 'docs/cli.md'), 'utf8').match(/\bSKEWPROOF_[A-Z_]+\b/g) ?? [],
)

function unknownVariables(text: string): readonly string[] {
  return (text.match(/\bSKEWPROOF_[A-Z_]+\b/g) ?? []).filter(name => !variables.has(name))
}

describe('the manifests for Kubernetes', () => {
  it('have the types that Kubernetes publishes, and no field besides', async () => {
    const folder = join(root, 'node_modules/.cache/manifests')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const lines = manifests.flatMap((manifest, index) => {
      const [group = '', version] = manifest.apiVersion.includes('/')
        ? manifest.apiVersion.split('/')
        : ['core', manifest.apiVersion]
      return [
        `import type { ${manifest.kind} as Kind${index} } from 'kubernetes-types/${group}/${version}'`,
        `export const manifest${index}: Kind${index} = ${JSON.stringify(manifest, null, 2)}`,
      ]
    })
    writeFileSync(join(folder, 'manifests.ts'), lines.join('\n'))
    const compilerOptions = {
      noEmit: true,
      strict: true,
      module: 'ESNext',
      moduleResolution: 'bundler',
      types: [],
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['manifests.ts'] }),
    )
    await run(execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], root)
    expect(manifests.map(({ kind }) => kind).toSorted()).toEqual([
      'ConfigMap',
      'DaemonSet',
      'Deployment',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
    ])
  })

  it.each(['Deployment', 'DaemonSet'])('give the containers of the %s the least privilege', kind => {
    const { selector, template } = ofKind<Workload>(kind).spec
    expect(template.metadata.labels).toMatchObject(selector.matchLabels)
    expect(template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    })
    for (const { securityContext } of template.spec.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  it('take a node out of traffic by /ready, and end it by /health only', () => {
    const [container] = ofKind<Workload>('Deployment').spec.template.spec.containers
    expect(container?.readinessProbe?.httpGet.path).toBe('/ready')
    expect(container?.livenessProbe?.httpGet.path).toBe('/health')
  })

  it('select the pods of the Deployment by the Service and the PodDisruptionBudget', () => {
    const { matchLabels } = ofKind<Workload>('Deployment').spec.selector
    const service = ofKind<Manifest & { spec: { selector: unknown } }>('Service')
    expect(service.spec.selector).toEqual(matchLabels)
    expect(ofKind<Workload>('PodDisruptionBudget').spec.selector.matchLabels).toEqual(matchLabels)
  })
})

describe('the files for Compose', () => {
  interface Compose {
    readonly services: Readonly<Record<string, { readonly configs?: readonly { readonly source: string }[] }>>
    readonly configs: Readonly<Record<string, { readonly file: string }>>
  }

  it('name files that are there, with the services as servers and targets', () => {
    const compose = parse(read('compose/compose.yml'), { merge: true }) as Compose
    const used = Object.values(compose.services).flatMap(({ configs = [] }) => configs.map(one => one.source))
    expect(used.toSorted()).toEqual(Object.keys(compose.configs).toSorted())
    for (const { file } of Object.values(compose.configs)) {
      expect(readFileSync(resolve(deploy, 'compose', file), 'utf8')).not.toBe('')
    }
    for (const name of ['web-1', 'web-2']) {
      expect(Object.keys(compose.services)).toContain(name)
      expect(read('compose/haproxy.cfg')).toContain(`server ${name} ${name}:8787`)
      expect(read('compose/prometheus.yml')).toContain(`${name}:8787`)
    }
  })

  it('are those of deploy/, but for the addresses', () => {
    const addresses = /^ +(server web-|- targets:).*$|^#.*$/gm
    const without = (path: string) => read(path).replaceAll(addresses, '')
    expect(without('compose/haproxy.cfg')).toBe(without('haproxy/haproxy.cfg'))
    expect(without('compose/prometheus.yml')).toBe(without('prometheus/prometheus.yml'))
  })
})

it('no file sets a variable that the command does not know', () => {
  const files = ['Dockerfile', 'compose/compose.yml', 'kubernetes/service.yml', 'kubernetes/agent.yml']
  const units = ['systemd/skewproof.service', 'systemd/skewproof-agent.service']
  for (const file of [...files, ...units]) expect([file, unknownVariables(read(file))]).toEqual([file, []])
})

it('systemd takes the units', async () => {
  const analyze = join(dirname(systemFile('systemd')), 'systemd-analyze')
  const units = ['skewproof.service', 'skewproof-agent.service'].map(name => join(deploy, 'systemd', name))
  await run(analyze, ['verify', ...units], root)
})
