import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemFile } from '../../scripts/lib/system-packages.mjs'
import { eventually, freePort, startDaemon, temporaryDirectory } from './processes.ts'

/**
 * Starts nginx with one server on a port of 127.0.0.1; it ends with the test.
 *
 * @param server what its `server` block holds besides `listen`
 * @param http what its `http` block holds besides that server
 * @returns where it answers
 */
export async function startNginx(server: string, env: NodeJS.ProcessEnv = {}, http = ''): Promise<string> {
  const port = await freePort()
  return startNginxWith(`${http}\nserver {\n listen 127.0.0.1:${port};\n${server}\n}`, port, env)
}

/**
 * Starts nginx, and waits until it listens; it ends with the test.
 *
 * @param http what its `http` block holds
 * @returns where it answers
 */
export async function startNginxWith(
  http: string,
  port: number,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'tmp'))
  // As root, the worker runs as another user.
  for (const path of [directory, join(directory, 'tmp')]) chmodSync(path, 0o777)
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const configuration = `
daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 64; }
http {
  access_log off;
  ${paths.map(name => `${name}_temp_path ${directory}/tmp;`).join('\n  ')}
  ${http}
}`
  writeFileSync(join(directory, 'nginx.conf'), configuration)
  startDaemon(systemFile('nginx'), ['-c', join(directory, 'nginx.conf'), '-p', directory], {
    cwd: directory,
    env,
  })
  const url = `http://127.0.0.1:${port}`
  await eventually(() => fetch(url))
  return url
}
