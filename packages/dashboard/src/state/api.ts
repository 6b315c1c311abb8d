/** An answer that is none: what the service says is wrong. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/**
 * Asks the service, at a path relative to the page. It knows the session by its cookie.
 *
 * @throws ApiError with what the service answers, or code `ERR_UNREACHABLE`
 */
export async function callService<Body>(method: string, path: string, json?: unknown): Promise<Body> {
  const response = await send(method, path, json)
  const text = await response.text()
  const body: unknown = text === '' ? undefined : parse(text)
  if (response.ok) return body as Body
  const { code, detail } = (body ?? {}) as { code?: string; detail?: string }
  throw new ApiError(
    response.status,
    code ?? 'ERR_ANSWER',
    detail ?? `the service answered ${response.status}`,
  )
}

async function send(method: string, path: string, json: unknown): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: json === undefined ? {} : { 'content-type': 'application/json' },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
  } catch {
    throw new ApiError(0, 'ERR_UNREACHABLE', 'the service cannot be reached')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
