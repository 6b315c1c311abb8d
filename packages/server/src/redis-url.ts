import { UsageError } from './usage-error.ts'

/** @throws UsageError that does not repeat the URL, which may hold a password */
export function requireRedisUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new UsageError('--redis: use redis://[[user]:password@]host[:port], or rediss: with TLS')
  }
}
