import { type Node, type Program, parseSync, visitorKeys } from 'oxc-parser'

export type { Node } from 'oxc-parser'

/** @throws SyntaxError when `text` is no TypeScript module */
export function parse(path: string, text: string): Program {
  const { program, errors } = parseSync(path, text, { sourceType: 'module', preserveParens: false })
  const [error] = errors
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`)
  return program
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

/** The nodes directly below `node`, in the order of the source. */
function children(node: Node): Node[] {
  return (visitorKeys[node.type] ?? []).flatMap(key => {
    const value: unknown = Reflect.get(node, key)
    return (Array.isArray(value) ? value : [value]).filter(isNode)
  })
}

/**
 * Visits `node` and all below it.
 *
 * @param visit returns `false` to leave out what is below the node
 */
export function walk(
  node: Node,
  visit: (node: Node, parent: Node | undefined) => boolean | undefined,
  parent?: Node,
): void {
  if (visit(node, parent) === false) return
  for (const child of children(node)) walk(child, visit, node)
}

/** The line, from 1, that the character at `offset` is on. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
