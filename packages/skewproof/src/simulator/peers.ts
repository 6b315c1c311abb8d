import type { TimeClaims } from '../tokens/decision.ts'

/** What another library does with a token's times; all of them read the wall clock in whole seconds. */
export interface PeerPolicy {
  readonly name: string
  judge(claims: TimeClaims, wallMs: number): PeerVerdict
}

export interface PeerVerdict {
  readonly accepted: boolean
  readonly claim?: 'iat' | 'nbf' | 'exp'
  readonly byMs?: number
}

/** `jsonwebtoken` 9: `nbf` and `exp` with a tolerance; `iat` is never looked at. */
export function jsonwebtokenPolicy(toleranceSeconds: number): PeerPolicy {
  return {
    name: `jsonwebtoken, clockTolerance ${toleranceSeconds}`,
    judge({ nbf, exp }, wallMs) {
      const now = Math.floor(wallMs / 1000)
      if (nbf !== undefined && nbf > now + toleranceSeconds)
        return refused('nbf', nbf - now - toleranceSeconds)
      if (exp !== undefined && now >= exp + toleranceSeconds)
        return refused('exp', now - exp - toleranceSeconds)
      return accepted
    },
  }
}

/** `jose` 6: the same; with `maxTokenAge` it also refuses an `iat` in the future. */
export function josePolicy(toleranceSeconds: number, maxTokenAgeSeconds?: number): PeerPolicy {
  const age = maxTokenAgeSeconds === undefined ? '' : `, maxTokenAge ${maxTokenAgeSeconds}`
  return {
    name: `jose, clockTolerance ${toleranceSeconds}${age}`,
    judge({ iat, nbf, exp }, wallMs) {
      const now = Math.floor(wallMs / 1000)
      if (nbf !== undefined && nbf > now + toleranceSeconds)
        return refused('nbf', nbf - now - toleranceSeconds)
      if (exp !== undefined && exp <= now - toleranceSeconds)
        return refused('exp', now - toleranceSeconds - exp)
      if (maxTokenAgeSeconds === undefined) return accepted
      if (iat === undefined) return { accepted: false, claim: 'iat' }
      const tokenAge = now - iat
      if (tokenAge - toleranceSeconds > maxTokenAgeSeconds) {
        return refused('iat', tokenAge - toleranceSeconds - maxTokenAgeSeconds)
      }
      return tokenAge < -toleranceSeconds ? refused('iat', -tokenAge - toleranceSeconds) : accepted
    },
  }
}

const accepted: PeerVerdict = { accepted: true }

function refused(claim: 'iat' | 'nbf' | 'exp', bySeconds: number): PeerVerdict {
  return { accepted: false, claim, byMs: bySeconds * 1000 }
}
