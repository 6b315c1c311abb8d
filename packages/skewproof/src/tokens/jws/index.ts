export { defaultMaxTokenLength, type JwsHeader, type ParsedJws, parseJws, parsePayload } from './parse.ts'
export { signJws, verifySignature } from './signature.ts'
