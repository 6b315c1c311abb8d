import { fileURLToPath } from 'node:url'

/** The workspace's folder, whatever folder the script was started in. */
export const root = fileURLToPath(new URL('../..', import.meta.url))
