/** No answer that is read here is larger. */
const maxBytes = 65_536

/** The body of a response; `undefined` when it is not JSON, too large, or breaks off. */
export async function readJson({ body }: Response): Promise<unknown> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    const reader = body?.getReader()
    for (;;) {
      const chunk = await reader?.read()
      if (chunk?.value === undefined) return JSON.parse(text + decoder.decode())
      bytes += chunk.value.byteLength
      if (bytes > maxBytes) {
        await reader?.cancel()
        return undefined
      }
      text += decoder.decode(chunk.value, { stream: true })
    }
  } catch {
    return undefined
  }
}
