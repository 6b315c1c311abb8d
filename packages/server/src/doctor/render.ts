import { printable } from '../printable.ts'
import type { Check, CheckStatus, Report } from './check.ts'

const marks: Readonly<Record<CheckStatus, string>> = { pass: '✓', warn: '!', fail: '✗', skip: '-' }
/** Green, yellow, red and grey (ECMA-48, SGR). */
const colours: Readonly<Record<CheckStatus, number>> = { pass: 32, warn: 33, fail: 31, skip: 90 }

/** The checklist for a person: a line for each check, and the fix below it. */
export function renderReport({ checks }: Report, hasColour: boolean): string {
  const width = Math.max(0, ...checks.map(({ id }) => id.length))
  const lines = checks.flatMap(check => renderCheck(check, width, hasColour))
  return [...lines, '', summarize(checks)].join('\n')
}

function renderCheck(check: Check, width: number, hasColour: boolean): string[] {
  const { id, status, message, fix, frame } = check
  const mark = hasColour ? `\u001b[${colours[status]}m${marks[status]}\u001b[39m` : marks[status]
  const indent = ' '.repeat(width + 4)
  const below = [...(frame?.split('\n') ?? []), ...(fix === undefined ? [] : [fix])]
  return [
    `${mark} ${id.padEnd(width)}  ${oneLine(message)}`,
    ...below.map(line => `${indent}${oneLine(line)}`),
  ]
}

function oneLine(text: string): string {
  return printable(text).replaceAll('\n', ' ')
}

function summarize(checks: readonly Check[]): string {
  const count = (wanted: CheckStatus): number => checks.filter(({ status }) => status === wanted).length
  return `${count('pass')} passed, ${count('warn')} warned, ${count('fail')} failed, ${count('skip')} skipped`
}
