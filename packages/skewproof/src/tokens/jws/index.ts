export {
  type DecodedToken,
  decodeToken,
  defaultMaxTokenLength,
  type JwsHeader,
  type ParsedJws,
  parseJws,
  parsePayload,
} from './parse.ts'
export { signJws, signToken, verifySignature } from './signature.ts'
