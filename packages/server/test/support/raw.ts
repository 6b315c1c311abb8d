import { once } from 'node:events'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Service } from './service.ts'

/** Sends bytes as they are, and gives back all that the service answers until it closes. */
export async function sendRaw(service: Service, text: string): Promise<string> {
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  let answer = ''
  socket.on('data', chunk => {
    answer += String(chunk)
  })
  socket.on('error', () => {})
  socket.write(text)
  await once(socket, 'close')
  return answer
}
