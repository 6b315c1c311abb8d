import { signal } from '@preact/signals'
import { ApiError, callService } from './api.ts'

interface SessionBody {
  readonly may_read: boolean
  readonly client_id?: string
}

/** Who is logged in; `null`: nobody; `undefined`: not known yet. */
export const user = signal<string | null | undefined>(undefined)

/** Whether this browser may see the fleet; `undefined` when the service cannot be asked. */
export async function mayRead(): Promise<boolean | undefined> {
  try {
    const session = await callService<SessionBody>('GET', 'v1/session')
    user.value = session.client_id ?? null
    return session.may_read
  } catch {
    return undefined
  }
}

/** @throws ApiError when the service refuses */
export async function logIn(clientId: string, clientSecret: string): Promise<void> {
  const credentials = { client_id: clientId, client_secret: clientSecret }
  const session = await callService<SessionBody>('POST', 'v1/session', credentials)
  user.value = session.client_id ?? null
}

/** @throws ApiError when the service cannot be reached: the session may live on */
export async function logOut(): Promise<void> {
  await callService('DELETE', 'v1/session')
  user.value = null
}

/** Asks the service for what only administrators may; a session that has ended ends here too. */
export async function callAsAdmin<Body>(method: string, path: string, json?: unknown): Promise<Body> {
  try {
    return await callService<Body>(method, path, json)
  } catch (error) {
    if (error instanceof ApiError && error.code === 'ERR_LOGIN') user.value = null
    throw error
  }
}
