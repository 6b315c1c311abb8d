import { type JWTPayload, jwtVerify, SignJWT } from 'jose'

export async function issue(claims: JWTPayload, key: Uint8Array): Promise<string> {
  return new SignJWT(claims).setExpirationTime(Math.floor(Date.now() / 1000) + 900).sign(key)
}

export async function verify(token: string, key: Uint8Array): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, key)
  return payload
}

export function isOld(payload: JWTPayload): boolean {
  return (payload.exp ?? 0) * 1000 < Date.now()
}
