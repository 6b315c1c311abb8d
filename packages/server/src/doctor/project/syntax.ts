import { type ParserPlugin, parse } from '@babel/parser'
import { type File, type Node, VISITOR_KEYS } from '@babel/types'

/** Reads JavaScript or TypeScript, with or without JSX, as a module or a script. @throws SyntaxError with its place */
export function parseSource(path: string, text: string): File {
  return parse(text, {
    sourceType: 'unambiguous',
    plugins: pluginsFor(path),
    createImportExpressions: true,
    allowAwaitOutsideFunction: true,
    allowNewTargetOutsideFunction: true,
    allowReturnOutsideFunction: true,
    allowSuperOutsideMethod: true,
    allowUndeclaredExports: true,
  })
}

function pluginsFor(path: string): ParserPlugin[] {
  const always: ParserPlugin[] = ['decorators-legacy', 'explicitResourceManagement']
  if (/\.[mc]?ts$/.test(path)) return [...always, 'typescript']
  if (path.endsWith('.tsx')) return [...always, 'typescript', 'jsx']
  return [...always, 'flow', 'jsx']
}

/** The nodes directly below, in the order of the source. */
export function childrenOf(node: Node): readonly Node[] {
  return (VISITOR_KEYS[node.type] ?? []).flatMap(key => {
    const value: unknown = Reflect.get(node, key)
    return (Array.isArray(value) ? value : [value]).filter(isNode)
  })
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

/** A property's or a member's name, when it is written down. */
export function nameOf(key: Node, computed: boolean): string | undefined {
  if (key.type === 'StringLiteral') return key.value
  return key.type === 'Identifier' && !computed ? key.name : undefined
}

/** The expression within parentheses, types and assertions. */
export function unwrap(node: Node): Node {
  switch (node.type) {
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TypeCastExpression':
      return unwrap(node.expression)
    default:
      return node
  }
}
