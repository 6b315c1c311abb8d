import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
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
