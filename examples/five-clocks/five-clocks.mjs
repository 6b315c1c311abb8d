// Five token services whose clocks are off by -150, 0, 0, +180 and 0 s share one store. A token of 120 s is issued by one,
// used on all, revoked on another. Beside it: what other libraries, on the same clocks, make of the same token.
//
//   node examples/five-clocks/five-clocks.mjs [--svg FILE]     needs the Debian package faketime
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { drawTerminal } from './draw-terminal.mjs'

const bin = fileURLToPath(new URL('../../packages/server/bin/skewproof.js', import.meta.url))
const offsets = [-150, 0, 0, 180, 0]
const peers = {
  'jsonwebtoken 30 s': 'jsonwebtoken, clockTolerance 30',
  'jose 30 s, max age': 'jose, clockTolerance 30, maxTokenAge',
}

function fakedClock(offset) {
  const library = ['', ...readdirSync('/usr/lib')]
    .map(directory => join('/usr/lib', directory, 'faketime/libfaketimeMT.so.1'))
    .find(path => existsSync(path))
  if (library === undefined) throw new Error('libfaketime is missing: install the Debian package faketime')
  return {
    ...process.env,
    LD_PRELOAD: library,
    FAKETIME: `${offset < 0 ? '' : '+'}${offset}`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

async function startServer(offset, directory) {
  const port = await freePort()
  const args = [
    bin,
    'serve',
    '--port',
    port,
    '--data-dir',
    directory,
    '--issuer',
    'https://auth.example.com',
    '--log-level',
    'silent',
  ]
  const child = spawn(process.execPath, args, { env: fakedClock(offset), stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  while (
    !(await fetch(`${url}/ready`).then(
      answer => answer.ok,
      () => false,
    ))
  )
    await sleep(20)
  return { offset, url, child }
}

async function use({ url }, token) {
  const answer = await fetch(`${url}/forward-auth`, { headers: { authorization: `Bearer ${token}` } })
  return answer.ok ? 'accepted' : (await answer.json()).code
}

/** What other libraries say on that server's clock. `explain` knows their rules; a test holds it against the libraries. */
function askPeers({ offset }, token) {
  let output
  try {
    output = execFileSync(process.execPath, [bin, 'explain', token, '--json'], { env: fakedClock(offset) })
  } catch (error) {
    // Exit code 1: it found that the token would be refused here.
    output = error.stdout
  }
  const { policies } = JSON.parse(output)
  return Object.values(peers).map(name => policies.find(policy => policy.name.startsWith(name)).accepted)
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('   ')
      .trimEnd(),
  )
}

const directory = mkdtempSync(join(tmpdir(), 'five-clocks-'))
const servers = []
try {
  for (const offset of offsets) servers.push(await startServer(offset, directory))
  const { client_id: id, client_secret: secret } = JSON.parse(
    readFileSync(join(directory, 'credentials.json'), 'utf8'),
  )
  const post = (server, path, body) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then(answer => answer.json())

  const { access_token: token, jti } = await post(servers[1], '/v1/tokens', { sub: 'alice', expires_in: 120 })
  const fresh = await Promise.all(servers.map(server => use(server, token)))
  const others = servers.map(server => askPeers(server, token))
  await post(servers[4], '/v1/revocations', { jti })
  const revoked = await Promise.all(servers.map(server => use(server, token)))

  const verdict = accepted => (accepted ? 'accepted' : 'REFUSED')
  const rows = servers.map(({ offset }, index) => [
    `server ${index + 1}`,
    offset === 0 ? 'right' : `${offset > 0 ? '+' : ''}${offset} s`,
    ...others[index].map(verdict),
    fresh[index],
    revoked[index],
  ])
  const lines = [
    'A fresh token of 120 s, issued by server 2; then revoked on server 5:',
    '',
    ...table([
      [
        '',
        'CLOCK',
        ...Object.keys(peers).map(name => name.toUpperCase()),
        'SKEWPROOF',
        'AFTER THE REVOCATION',
      ],
      ...rows,
    ]),
  ]
  console.log(lines.join('\n'))
  const file = process.argv[process.argv.indexOf('--svg') + 1]
  if (process.argv.includes('--svg')) {
    writeFileSync(file, drawTerminal('$ node examples/five-clocks/five-clocks.mjs', lines))
  }
} finally {
  for (const { child } of servers) {
    child.kill()
    await once(child, 'exit')
    for (const name of [`faketime_shm_${child.pid}`, `sem.faketime_sem_${child.pid}`]) {
      rmSync(join('/dev/shm', name), { force: true })
    }
  }
  rmSync(directory, { recursive: true, force: true })
}
