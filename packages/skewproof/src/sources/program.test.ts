import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it, onTestFinished, vi } from 'vitest'
import { SourceError } from '../clock/source.ts'
import { runProgram } from './program.ts'

const forAll = new AbortController().signal

function script(...lines: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'skewproof-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'program')
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(path, 0o755)
  return path
}

it('hands its arguments over as they are, without the environment, and gives what is printed', async () => {
  const program = script('for arg in "$@"; do echo "[$arg]"; done', 'echo "HOME=$HOME"')
  expect(await runProgram(program, ['a b', '$(touch x)'], forAll)).toBe('[a b]\n[$(touch x)]\nHOME=\n')
})

it('finds programs where packages put them', async () => {
  expect(await runProgram('echo', ['here'], forAll)).toBe('here\n')
  await expect(runProgram('nothing-of-that-name', [], forAll)).rejects.toMatchObject({
    reason: 'unreachable',
    message: 'nothing-of-that-name is not installed',
  })
})

it('says what it printed when it fails, on one line and without control characters', async () => {
  const failing = script('echo "506 Cannot talk to daemon"', "printf '\\033[31mred\\n' >&2", 'exit 1')
  await expect(runProgram(failing, [], forAll)).rejects.toMatchObject({
    reason: 'unreachable',
    message: `${failing}: [31mred 506 Cannot talk to daemon`,
  })
})

it('does not read without end', async () => {
  const endless = script('while :; do echo 0123456789012345678901234567890123456789; done')
  await expect(runProgram(endless, [], forAll)).rejects.toMatchObject({
    reason: 'unreachable',
    message: `${endless}: ERR_CHILD_PROCESS_STDIO_MAXBUFFER`,
  })
})

it('says when it is not there', async () => {
  const asked = runProgram('/nowhere/program', [], forAll)
  await expect(asked).rejects.toMatchObject({ reason: 'unreachable', message: '/nowhere/program: ENOENT' })
})

it('ends at the deadline, also one that will not', async () => {
  const late = new SourceError('timeout', 'late')
  const deadline = new AbortController()
  const stubborn = script("trap '' TERM", 'echo $$ > "$1"', 'while :; do sleep 0.01; done')
  const pidFile = `${stubborn}.pid`
  const asked = runProgram(stubborn, [pidFile], deadline.signal)
  asked.catch(() => {})
  const pid = await vi.waitFor(() => {
    const text = readFileSync(pidFile, 'utf8').trim()
    expect(text).toMatch(/^\d+$/)
    return Number(text)
  }, 20_000)
  deadline.abort(late)
  await expect(asked).rejects.toBe(late)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  await expect(runProgram(script('exit 0'), [], deadline.signal)).rejects.toBe(late)
})
