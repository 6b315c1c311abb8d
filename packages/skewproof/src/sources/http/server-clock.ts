import type { MeasureContext } from '../../clock/index.ts'
import { scheduleReferenced } from '../../clock/schedule.ts'
import { abortable } from '../net/abortable.ts'
import { HttpConnection, type HttpConnectionOptions } from './connection.ts'
import { combine, type Exchanges, nextRequestMs, type ServerClock, type TimedExchange } from './exchanges.ts'
import { readTimedReply } from './reply.ts'

/**
 * Reads a server's clock over HTTP: by its `/clock`, else by the header `X-Server-Time`, else by where the seconds of `Date`
 * begin, which takes up to two seconds. Setting up the connection does not count into the round trips.
 *
 * @throws SourceError, or what the signal was aborted with
 */
export async function readServerClock(
  url: URL,
  context: MeasureContext,
  options: HttpConnectionOptions = {},
): Promise<ServerClock> {
  const startMs = context.host.monotonicMs()
  const connection = new HttpConnection(url, context, options)
  let method: 'GET' | 'HEAD' = 'GET'
  const exchange = async (): Promise<TimedExchange> => {
    const reply = await connection.exchange(method)
    // A page that is too long to be read ends the connection.
    if (reply.body === undefined) method = 'HEAD'
    return { ...readTimedReply(reply, url), requestMs: reply.requestMs, replyMs: reply.replyMs }
  }
  try {
    let exchanges: Exchanges = [await exchange()]
    for (;;) {
      const nextMs = nextRequestMs(exchanges, startMs)
      if (nextMs === undefined) return combine(exchanges)
      await until(nextMs, context)
      exchanges = [...exchanges, await exchange()]
    }
  } finally {
    connection.close()
  }
}

async function until(monotonicMs: number, { host, signal }: MeasureContext): Promise<void> {
  let cancel = (): void => {}
  const reached = new Promise<void>(resolve => {
    cancel = scheduleReferenced(Math.max(0, monotonicMs - host.monotonicMs()), resolve)
  })
  try {
    await abortable(reached, signal)
  } finally {
    cancel()
  }
}
