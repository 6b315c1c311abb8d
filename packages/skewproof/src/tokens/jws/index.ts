export {
  type DecodedToken,
  decodeToken,
  defaultMaxTokenLength,
  type JwsHeader,
  type ParsedJws,
  parseClaims,
  parseJws,
  parsePayload,
  type SplitToken,
  splitToken,
} from './parse.ts'
export { signJws, signToken, verifyParts, verifySignature } from './signature.ts'
