import { ApiError } from '../state/api.ts'

/** What to tell of an error, with the code that the documentation explains. */
export function describeError(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong in this page. Reload it.'
  const { code, message } = error
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}`
  return `${sentence.replace(/\.$/, '')}. (${code})`
}

export function Problem({ error }: { error: unknown }) {
  return (
    <p class="notice bad" role="alert">
      {describeError(error)}
    </p>
  )
}
