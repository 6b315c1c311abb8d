import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import { numberOf } from './reply.ts'

/** How long replicas may take. */
const replicationTimeoutMs = 1000

/** Waits until so many replicas have all that was written on this connection; `false` when they do not get it in time. */
export async function isReplicated(connection: Connection, keys: Keys, replicas: number): Promise<boolean> {
  const command = ['WAIT', String(replicas), String(replicationTimeoutMs)]
  return numberOf(await connection.send(keys.state, command)) >= replicas
}
