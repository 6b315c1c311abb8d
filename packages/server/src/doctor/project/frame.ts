import type { File } from '@babel/types'
import { childrenOf } from './syntax.ts'

const linesAround = 1
const maxLines = 7
const maxWidth = 120

/** The source with all that may be a secret taken out: texts, comments, long numbers. Lines stay where they are. */
export function redact(file: File, text: string): string {
  const ranges = secretRanges(file).toSorted((one, other) => one.start - other.start)
  let redacted = ''
  let position = 0
  for (const { start, end } of ranges) {
    if (start < position) continue
    redacted += text.slice(position, start) + redactRange(text.slice(start, end))
    position = end
  }
  return redacted + text.slice(position)
}

interface Range {
  readonly start: number
  readonly end: number
}

const secretTypes: ReadonlySet<string> = new Set([
  'StringLiteral',
  'DirectiveLiteral',
  'TemplateElement',
  'RegExpLiteral',
  'JSXText',
])
const numberTypes: ReadonlySet<string> = new Set(['NumericLiteral', 'BigIntLiteral'])
/** Durations are shorter, in milliseconds too. */
const maxNumberLength = 9

function secretRanges(file: File): readonly Range[] {
  const ranges: Range[] = []
  const nodes = [...childrenOf(file.program)]
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    nodes.push(...childrenOf(node))
    const { start, end } = node
    if (typeof start !== 'number' || typeof end !== 'number') continue
    const isLongNumber = numberTypes.has(node.type) && end - start > maxNumberLength
    if (secretTypes.has(node.type) || isLongNumber) ranges.push({ start, end })
  }
  for (const { start, end } of file.comments ?? []) {
    if (typeof start === 'number' && typeof end === 'number') ranges.push({ start, end })
  }
  return ranges
}

/** Quotes stay, and the ends of lines. */
function redactRange(text: string): string {
  const quote = /^['"]/.exec(text)?.[0] ?? ''
  const inner = quote === '' ? text : text.slice(1, -1)
  return `${quote}${inner.replace(/[^\n]+/g, '…')}${quote}`
}

/** The lines around a call, numbered, with a mark before those that it begins and ends on. */
export function codeFrame(redacted: string, firstLine: number, lastLine: number): string {
  const lines = redacted.split('\n')
  const from = Math.max(1, firstLine - linesAround)
  const to = Math.min(lines.length, lastLine + linesAround, from + maxLines - 1)
  const width = String(to).length
  return lines
    .slice(from - 1, to)
    .map((line, index) => {
      const number = from + index
      const mark = number >= firstLine && number <= lastLine ? '>' : ' '
      return `${mark} ${String(number).padStart(width)} | ${line.trimEnd().slice(0, maxWidth)}`.trimEnd()
    })
    .join('\n')
}
