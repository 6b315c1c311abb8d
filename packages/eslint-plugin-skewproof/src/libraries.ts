/** What the rules know of a library that signs and verifies tokens. */
export interface Library {
  /** Its functions that take `clockTolerance`, and which of their arguments holds the options. */
  readonly verifies: Readonly<Record<string, number>>
  /** What takes the claims of a token as its first argument. */
  readonly signs: readonly string[]
  readonly toleranceUnitMs: number
  /** What a tolerance that is a string does. `appended`: to `exp`, as text, so that the token never expires. */
  readonly toleranceText: 'appended' | 'time span' | 'refused'
  /** The option by which a caller gives the time. */
  readonly timeOption: string
  readonly canIgnoreExpiration: boolean
  /** What to write instead of a calculated `exp`. */
  readonly lifetime: string
}

export const libraries: ReadonlyMap<string, Library> = new Map<string, Library>([
  [
    'jsonwebtoken',
    {
      verifies: { verify: 2 },
      signs: ['sign'],
      toleranceUnitMs: 1000,
      toleranceText: 'appended',
      timeOption: 'clockTimestamp',
      canIgnoreExpiration: true,
      lifetime: "`expiresIn: '15m'`",
    },
  ],
  [
    'jose',
    {
      verifies: { jwtVerify: 2, jwtDecrypt: 2 },
      signs: ['SignJWT', 'EncryptJWT', 'UnsecuredJWT'],
      toleranceUnitMs: 1000,
      toleranceText: 'time span',
      timeOption: 'currentDate',
      canIgnoreExpiration: false,
      lifetime: "`setExpirationTime('15m')`",
    },
  ],
  [
    'fast-jwt',
    {
      verifies: { createVerifier: 0 },
      signs: ['createSigner.()'],
      toleranceUnitMs: 1,
      toleranceText: 'refused',
      timeOption: 'clockTimestamp',
      canIgnoreExpiration: true,
      lifetime: "`createSigner({ expiresIn: '15m' })`",
    },
  ],
])
