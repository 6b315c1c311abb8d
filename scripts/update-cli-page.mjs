// `node scripts/update-cli-page.mjs`: puts what every command's --help prints today into docs/cli.md. A new command needs a
// heading and a block that begins with its `Usage:` line; the rest follows.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { root } from './lib/root.mjs'

const page = join(root, 'docs/cli.md')
const bin = join(root, 'packages/server/bin/skewproof.js')

/** @param {string} command */
const help = command =>
  execFileSync(process.execPath, [bin, ...command.split(' '), '--help'], { encoding: 'utf8' })

const updated = readFileSync(page, 'utf8').replace(
  /^```text\nUsage: skewproof ((?:[a-z]+ ?)+?)(?= \[).*?^```$/gms,
  (_block, command) => `\`\`\`text\n${help(command)}\`\`\``,
)
writeFileSync(page, updated)
