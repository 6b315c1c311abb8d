/**
 * The text of a response, of which no more is read than an answer can be long.
 *
 * @returns `undefined` when it is longer
 * @throws whatever breaks the connection
 */
export async function readResponseText({ body }: Response, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
