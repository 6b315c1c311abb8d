import type { SourceCode } from 'eslint'
import type { CallExpression, NewExpression, Node } from 'estree'
import { resolveImport } from './imports.ts'
import { type Library, libraries } from './libraries.ts'
import { constantOf, findOption } from './options.ts'

type Call = CallExpression | NewExpression

interface LibraryCall {
  /** The name of its package. */
  readonly name: string
  readonly traits: Library
}

/** A call of a function that judges the time of tokens, or makes one that does. */
export interface Verification extends LibraryCall {
  readonly method: string
  readonly options: Node | undefined
  /** Which argument holds the options. */
  readonly optionsAt: number
}

/** `undefined` when it is not such a call, or it cannot be told which of its arguments is which. */
export function verificationOf(call: Call, source: SourceCode): Verification | undefined {
  const { name, traits, path } = libraryOf(call, source) ?? {}
  if (name === undefined || traits === undefined || path?.length !== 1) return undefined
  const [method = ''] = path
  const optionsAt = Object.hasOwn(traits.verifies, method) ? traits.verifies[method] : undefined
  if (optionsAt === undefined) return undefined
  const args = call.arguments.slice(0, optionsAt + 1)
  if (args.some(({ type }) => type === 'SpreadElement')) return undefined
  return { name, traits, method, options: args[optionsAt], optionsAt }
}

/** A call that puts claims into a token, and the claims. */
export interface Signing extends LibraryCall {
  readonly claims: Node
}

export function signingOf(call: Call, source: SourceCode): Signing | undefined {
  const { name, traits, path } = libraryOf(call, source) ?? {}
  const [claims] = call.arguments
  if (name === undefined || traits === undefined || path === undefined || claims === undefined)
    return undefined
  return traits.signs.includes(path.join('.')) ? { name, traits, claims } : undefined
}

function libraryOf(call: Call, source: SourceCode): (LibraryCall & { path: readonly string[] }) | undefined {
  const imported = resolveImport(call.callee, source)
  const traits = imported && libraries.get(imported.packageName)
  return traits && { name: imported.packageName, traits, path: imported.path }
}

/** How much a verification forgives. */
export type Tolerance =
  | { readonly kind: 'absent' }
  | { readonly kind: 'known'; readonly ms: number; readonly node: Node }
  /** As text, to `exp`. */
  | { readonly kind: 'appended'; readonly text: string; readonly node: Node }
  /** It cannot be told, or the library refuses it. */
  | { readonly kind: 'unknown' }

export function toleranceOf({ traits, options }: Verification, source: SourceCode): Tolerance {
  const node = findOption(options, 'clockTolerance', source)
  if (node === 'absent') return { kind: 'absent' }
  const constant = node === 'hidden' ? undefined : constantOf(node, source)
  if (node === 'hidden' || constant === undefined) return { kind: 'unknown' }
  const { value } = constant
  if (value === undefined) return { kind: 'absent' }
  if (typeof value === 'number' && !Number.isNaN(value)) {
    return { kind: 'known', ms: value * traits.toleranceUnitMs, node }
  }
  if (typeof value !== 'string') return { kind: 'unknown' }
  if (traits.toleranceText === 'appended' && value !== '') return { kind: 'appended', text: value, node }
  const ms = traits.toleranceText === 'time span' ? spanMs(value) : undefined
  return ms === undefined ? { kind: 'unknown' } : { kind: 'known', ms, node }
}

/** Whether an option is set to something true. */
export function isSwitchedOn({ options }: Verification, name: string, source: SourceCode): Node | undefined {
  const node = findOption(options, name, source)
  return typeof node === 'object' && constantOf(node, source)?.value ? node : undefined
}

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_557_600_000,
}

/** jose's time spans: `'30s'`, `'5 minutes'`. */
function spanMs(text: string): number | undefined {
  const match = /^\+? ?(\d+(?:\.\d+)?) ?([smhdwy])[a-z]*$/i.exec(text)
  const unit = unitMs[match?.[2]?.toLowerCase() ?? '']
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit
}
