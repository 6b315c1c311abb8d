import type { Culprit } from '../tokens/errors.ts'

/** RFC 9457, with a stable code and the evidence of a decision about time. */
export interface Problem extends ProblemEvidence {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
}

/** What a decision about time was made on. */
export interface ProblemEvidence {
  /** The claim that was refused. */
  readonly claim?: string
  /** How far it lies beyond what is tolerated, whole ms. */
  readonly byMs?: number
  /** Whose clock is wrong. */
  readonly culprit?: Culprit
}

/** The media type of a problem. */
export const problemType = 'application/problem+json'

const titles = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [408, 'Request Timeout'],
  [413, 'Content Too Large'],
  [414, 'URI Too Long'],
  [415, 'Unsupported Media Type'],
  [417, 'Expectation Failed'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [503, 'Service Unavailable'],
])

export function problem(
  status: number,
  code: string,
  detail: string,
  evidence: ProblemEvidence = {},
): Problem {
  return { type: 'about:blank', title: titles.get(status) ?? 'Error', status, detail, code, ...evidence }
}
