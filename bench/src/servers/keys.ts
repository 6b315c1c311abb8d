import { createSecretKey } from 'node:crypto'

/** What all servers of the benchmark sign and verify with. */
export const secret = Buffer.from('thirty-two bytes for the benchmark, or a few more')
export const secretKey = createSecretKey(secret)
