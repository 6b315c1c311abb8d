import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SourceError } from '../../clock/source.ts'
import { runChronyc } from './chronyc.ts'

const forAll = new AbortController().signal

/** A program in chronyc's place. */
function script(...lines: readonly string[]): { chronyc: string; socket: undefined } {
  const directory = mkdtempSync(join(tmpdir(), 'skewproof-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'chronyc')
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(path, 0o755)
  return { chronyc: path, socket: undefined }
}

it('hands its arguments over as they are, and gives what is printed', async () => {
  const { chronyc } = script('for arg in "$@"; do echo "[$arg]"; done', 'echo "PATH=$PRIVATE"')
  const socket = '/run/a b; $(touch x)/chronyd.sock'
  const printed = await runChronyc({ chronyc, socket }, ['tracking', 'sources'], forAll)
  expect(printed).toBe(`[-n]\n[-c]\n[-h]\n[${socket}]\n[-m]\n[tracking]\n[sources]\nPATH=\n`)
})

it('says what it printed when it fails, on one line and without control characters', async () => {
  const failing = script('echo "506 Cannot talk to daemon"', "printf '\\033[31mred\\n' >&2", 'exit 1')
  await expect(runChronyc(failing, [], forAll)).rejects.toMatchObject({
    reason: 'unreachable',
    message: `${failing.chronyc}: [31mred 506 Cannot talk to daemon`,
  })
})

it('does not read without end', async () => {
  const endless = script('while :; do echo 0123456789012345678901234567890123456789; done')
  await expect(runChronyc(endless, [], forAll)).rejects.toMatchObject({
    reason: 'unreachable',
    message: `${endless.chronyc}: ERR_CHILD_PROCESS_STDIO_MAXBUFFER`,
  })
})

it('says when it is not there', async () => {
  const asked = runChronyc({ chronyc: '/nowhere/chronyc', socket: undefined }, [], forAll)
  await expect(asked).rejects.toMatchObject({ reason: 'unreachable', message: '/nowhere/chronyc: ENOENT' })
})

it('ends at the deadline, also one that will not', async () => {
  const late = new SourceError('timeout', 'late')
  const deadline = new AbortController()
  const asked = runChronyc(script("trap '' TERM", 'while :; do :; done'), [], deadline.signal)
  setImmediate(() => deadline.abort(late))
  await expect(asked).rejects.toBe(late)
  await expect(runChronyc(script('exit 0'), [], deadline.signal)).rejects.toBe(late)
})
