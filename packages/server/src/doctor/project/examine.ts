import type { CallExpression, NewExpression, Node, OptionalCallExpression } from '@babel/types'
import { findScopes, type Scope } from './bindings.ts'
import { findHandMadeExpiry, readsWallClock } from './expiry.ts'
import { codeFrame, redact } from './frame.ts'
import { resolveImport } from './resolve.ts'
import { childrenOf, nameOf, parseSource, unwrap } from './syntax.ts'
import { packageOf, readVerification, type Verification } from './verification.ts'

/** A place in a file, from 1, and its lines without what may be secret. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly frame: string
}

/** What a source file does with the time of tokens. */
export interface SourceFacts {
  readonly verifications: readonly (Verification & Place)[]
  /** Claims whose `exp` is calculated from the wall clock. */
  readonly handMadeExpiries: readonly Place[]
}

type Call = CallExpression | OptionalCallExpression | NewExpression

/** @throws SyntaxError or RangeError when the text cannot be read */
export function examineSource(path: string, text: string): SourceFacts {
  // Most files of a project have nothing to do with tokens, and need not be parsed.
  if (!/jsonwebtoken|jose|\bexp\b/.test(text)) return { verifications: [], handMadeExpiries: [] }
  const file = parseSource(path, text)
  const scopes = findScopes(file)
  const verifications: [Verification, Node][] = []
  const expiries = new Set<Node>()

  const visit = (node: Node, outer: Scope | undefined): void => {
    const scope = scopes.get(node) ?? outer
    if (scope !== undefined) {
      if (isCall(node)) {
        const imported = resolveImport(node.callee, scope)
        const verification = imported && readVerification(imported, node.arguments, scope)
        if (verification !== undefined) verifications.push([verification, node])
        const expiry = signedExpiry(node, scope)
        if (expiry !== undefined) expiries.add(expiry)
      }
      const expiry = node.type === 'ObjectExpression' && findHandMadeExpiry(node, false, scope)
      if (expiry) expiries.add(expiry)
    }
    for (const child of childrenOf(node)) visit(child, scope)
  }
  visit(file.program, undefined)

  const redacted = redact(file, text)
  const place = (node: Node): Place => placeOf(path, redacted, node)
  return {
    verifications: verifications.map(([verification, node]) => ({ ...verification, ...place(node) })),
    handMadeExpiries: [...expiries].map(place),
  }
}

function isCall(node: Node): node is Call {
  return (
    node.type === 'CallExpression' || node.type === 'OptionalCallExpression' || node.type === 'NewExpression'
  )
}

/** What gives a token that a call makes its `exp`, when that comes from the wall clock. */
function signedExpiry({ type, callee, arguments: [first] }: Call, scope: Scope): Node | undefined {
  if (first === undefined) return undefined
  if (
    callee.type === 'MemberExpression' &&
    nameOf(callee.property, callee.computed) === 'setExpirationTime'
  ) {
    return readsWallClock(first, scope) ? first : undefined
  }
  const imported = resolveImport(callee, scope)
  const signer = type === 'NewExpression' ? 'jose SignJWT' : 'jsonwebtoken sign'
  if (imported === undefined || `${packageOf(imported.module)} ${imported.path.join('.')}` !== signer) {
    return undefined
  }
  const payload = payloadOf(first, scope)
  return payload?.type === 'ObjectExpression' ? findHandMadeExpiry(payload, true, scope) : undefined
}

/** The object itself, or the one that a name stands for. */
function payloadOf(node: Node, scope: Scope): Node | undefined {
  const payload = unwrap(node)
  if (payload.type !== 'Identifier') return payload
  const value = scope.valueOf(payload.name)
  if (value === undefined || typeof value.origin === 'string' || value.path.length > 0) return undefined
  return unwrap(value.origin)
}

function placeOf(file: string, redacted: string, { loc }: Node): Place {
  const start = loc?.start ?? { line: 1, column: 0 }
  return {
    file,
    line: start.line,
    column: start.column + 1,
    frame: codeFrame(redacted, start.line, loc?.end.line ?? start.line),
  }
}
