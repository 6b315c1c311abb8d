import { type Problem, type ProblemEvidence, problem, problemType } from './problem.ts'

export interface HttpErrorDetails {
  readonly headers?: Readonly<Record<string, string>>
  readonly evidence?: ProblemEvidence
  /** What was wrong in full, for a log; it is never sent. */
  readonly cause?: unknown
}

/**
 * An error with its answer. Everything but `cause` may be told to the caller. `status`, `statusCode`, `headers` and
 * `getResponse` are what the error handling of Express, Fastify and Hono looks at.
 */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly statusCode: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  readonly problem: Problem

  constructor(status: number, code: string, message: string, details: HttpErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.status = status
    this.statusCode = status
    this.code = code
    this.headers = details.headers ?? {}
    this.problem = problem(status, code, message, details.evidence)
  }

  /** The answer as a `Response` of the Fetch standard. */
  getResponse(): Response {
    const headers = { ...this.headers, 'content-type': problemType }
    return new Response(JSON.stringify(this.problem), { status: this.status, headers })
  }
}
