import type { Clock, ClockReading } from '../../clock/clock.ts'
import type { HostClock } from '../../clock/host.ts'
import { type Duration, OptionError, parseDurationMs } from '../../time/index.ts'
import { isSafeAddress } from '../answer.ts'
import { badClaim, type TokenClaims } from '../claims.ts'
import { judgeTime } from '../decision.ts'
import { TokenError } from '../errors.ts'
import { parseJws, verifySignature } from '../jws/index.ts'
import type { KeySource, VerificationKey } from '../keys/index.ts'
import { requireCount } from '../options.ts'
import type { TimePolicy } from '../policy.ts'
import { isRefused } from '../refusal.ts'
import { fetchList, type StatusListFetch } from './fetch-list.ts'
import { readStatus, type StatusReference } from './reference.ts'
import { statusAt } from './status-list.ts'
import { checkStatusListType, readStatusListToken, type StatusListToken } from './status-list-token.ts'

export interface StatusListOptions {
  /**
   * How old what a list says may be: beyond it tokens are not accepted any more, but answered `ERR_STORE_UNAVAILABLE`.
   * Should be four times the `ttl` of the lists at least. Default 5 minutes.
   */
  maxStaleness?: Duration | undefined
  /** Where lists may be fetched from besides the issuer's own origin, such as `https://cdn.example.com`. */
  origins?: readonly string[] | undefined
  /** Whether a token that names no status list is refused. Default `true`. */
  required?: boolean | undefined
  /** Deadline of a fetch. Default 5 s. */
  timeout?: Duration | undefined
  /** Larger answers are refused, and so are lists that decompress to more. Default 1 MiB. */
  maxBytes?: number | undefined
  /** How many lists are kept. Default 1000. */
  maxLists?: number | undefined
  /** In place of the global `fetch`: for a proxy, a client certificate, headers. */
  fetch?: StatusListFetch | undefined
}

export interface RemoteStatusListParts {
  readonly issuer: string
  readonly keys: KeySource
  readonly clock: Clock
  readonly host: HostClock
  readonly policy: TimePolicy
}

/** A list that has been verified. */
interface Copy extends StatusListToken {
  readonly kid: string | undefined
  readonly key: VerificationKey
  readonly ttlMs: number
  /** When it was asked for, by the host's monotonic clock and by the verifier's. */
  readonly askedAtMs: number
  readonly askedAtTimeMs: number
}

interface Entry {
  readonly uri: string
  copy: Copy | undefined
  /** Why the last attempt to fetch it was in vain. */
  failure: unknown
  fetching: Promise<void> | undefined
  nextFetchAtMs: number
}

/** How soon after a fetch of a list the next may be tried, whatever became of it. */
const retryMs = 1000
/** How far the two clocks may part before a list is fetched again: a suspend stops only one of them. */
const maxPartingMs = 1000

/**
 * The status lists of one issuer, fetched when they are first needed, kept, and fetched again in the background while they
 * are used. Instants are of the host's monotonic clock.
 */
export class RemoteStatusLists {
  readonly #parts: RemoteStatusListParts
  /** How the times of lists are judged. */
  readonly #policy: TimePolicy
  readonly #origins: ReadonlySet<string>
  readonly #isRequired: boolean
  readonly #maxStalenessMs: number
  readonly #timeoutMs: number
  readonly #maxBytes: number
  readonly #maxLists: number
  readonly #fetchOption: StatusListFetch
  /** The last that was fetched is the last. */
  readonly #entries = new Map<string, Entry>()

  /** @throws OptionError when an option cannot be used */
  constructor(parts: RemoteStatusListParts, options: StatusListOptions) {
    this.#parts = parts
    this.#origins = originsOf(parts.issuer, options.origins ?? [])
    this.#isRequired = options.required ?? true
    this.#maxStalenessMs = parseDurationMs('statusList.maxStaleness', options.maxStaleness ?? '5m', {
      minMs: 1000,
      maxMs: 30 * 86_400_000,
    })
    this.#policy = { ...parts.policy, maxAgeMs: this.#maxStalenessMs }
    this.#timeoutMs = parseDurationMs('statusList.timeout', options.timeout ?? '5s', {
      minMs: 1,
      maxMs: 3_600_000,
    })
    this.#maxBytes = requireCount('statusList.maxBytes', options.maxBytes ?? 1_048_576, 1, 1_073_741_824)
    this.#maxLists = requireCount('statusList.maxLists', options.maxLists ?? 1000, 1, 1_000_000)
    this.#fetchOption = options.fetch ?? fetch
  }

  /**
   * Where a token's status is published; `undefined` when it names no list, and need not.
   *
   * @throws TokenError `ERR_TOKEN_CLAIM` when it needs to, or names one that must not be fetched
   */
  referenceOf(claims: TokenClaims): StatusReference | undefined {
    const reference = readStatus(claims)
    if (reference !== undefined) this.#checkAddress(reference.uri)
    else if (this.#isRequired) throw badClaim('status', 'is missing, or names no status list')
    return reference
  }

  /**
   * The status of a token by what is at hand, without waiting; `undefined` when `fetch` has to be asked.
   *
   * @throws TokenError `ERR_TOKEN_CLAIM` when there is no such place on the list
   */
  find({ uri, index }: StatusReference, reading: ClockReading): number | undefined {
    const entry = this.#entries.get(uri)
    const copy = entry?.copy
    if (entry === undefined || copy === undefined) return undefined
    const ageMs = this.#parts.host.monotonicMs() - copy.askedAtMs
    if (ageMs >= copy.ttlMs) void this.#fetchWhenAllowed(entry)
    // While it cannot be fetched, nobody waits for the next attempt.
    const isOverdue = ageMs >= copy.ttlMs * 2 || hasParted(copy, ageMs, reading)
    if (isOverdue && entry.failure === undefined) return undefined
    if (this.#problemOf(copy, reading) !== undefined) return undefined
    const { keys } = this.#parts
    return keys.find(copy.kid, copy.key.alg) === copy.key ? statusOn(copy, index) : undefined
  }

  /**
   * The status of a token, after fetching its list where that is due.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE` when there is no list that is fresh enough; `ERR_TOKEN_CLAIM` as `find`
   */
  async fetch(reference: StatusReference): Promise<number> {
    const entry = this.#entryOf(reference.uri)
    const { clock, keys } = this.#parts
    const atHand = this.find(reference, clock.now())
    if (atHand !== undefined) return atHand
    await this.#fetchWhenAllowed(entry)
    const { copy, failure } = entry
    if (copy === undefined) throw unavailable(failure)
    const key = keys.find(copy.kid, copy.key.alg) ?? (await keys.refresh(copy.kid, copy.key.alg))
    if (key !== copy.key) throw unavailable(failure ?? new Error('its key is not the issuer’s any more'))
    const problem = this.#problemOf(copy, clock.now())
    if (problem !== undefined) throw unavailable(failure ?? problem)
    return statusOn(copy, reference.index)
  }

  /** Why a list cannot be relied upon now; `undefined` when it can. */
  #problemOf({ times, askedAtMs }: Copy, reading: ClockReading): Error | undefined {
    const ageMs = this.#parts.host.monotonicMs() - askedAtMs
    if (ageMs >= this.#maxStalenessMs) return new Error('it was fetched too long ago')
    const decision = judgeTime(times, reading, this.#policy)
    if (!isRefused(decision, this.#policy.ambiguous)) return undefined
    return new Error(decision.side === 'early' ? 'it is from the future' : 'it is too old')
  }

  #checkAddress(uri: string): void {
    const url = new URL(uri)
    const { origin, username, password, hash } = url
    if (!isSafeAddress(url) || username !== '' || password !== '' || hash !== '') {
      throw badClaim('status', 'has a "uri" that is not a plain https address')
    }
    if (!this.#origins.has(origin)) throw badClaim('status', 'names a list that is not on an allowed origin')
  }

  #entryOf(uri: string): Entry {
    const known = this.#entries.get(uri)
    if (known !== undefined) return known
    const entry: Entry = {
      uri,
      copy: undefined,
      failure: undefined,
      fetching: undefined,
      nextFetchAtMs: Number.NEGATIVE_INFINITY,
    }
    this.#keep(entry)
    return entry
  }

  #keep(entry: Entry): void {
    this.#entries.delete(entry.uri)
    this.#entries.set(entry.uri, entry)
    if (this.#entries.size <= this.#maxLists) return
    for (const uri of this.#entries.keys()) {
      this.#entries.delete(uri)
      return
    }
  }

  /** At most one fetch of a list at a time, and not at once after another. It never rejects. */
  #fetchWhenAllowed(entry: Entry): Promise<void> | undefined {
    const nowMs = this.#parts.host.monotonicMs()
    if (entry.fetching === undefined && nowMs >= entry.nextFetchAtMs) {
      entry.nextFetchAtMs = nowMs + retryMs
      entry.fetching = this.#fetch(entry, nowMs).finally(() => {
        entry.fetching = undefined
      })
    }
    return entry.fetching
  }

  async #fetch(entry: Entry, askedAtMs: number): Promise<void> {
    if (this.#entries.has(entry.uri)) this.#keep(entry)
    const askedAtTimeMs = this.#parts.clock.now().timeMs
    try {
      const text = await fetchList(entry.uri, {
        timeoutMs: this.#timeoutMs,
        maxBytes: this.#maxBytes,
        fetch: this.#fetchOption,
      })
      const copy = await this.#verify(text, entry.uri, askedAtMs, askedAtTimeMs)
      // Whoever answers with an older list than before must not undo what was revoked since.
      const isOlder = entry.copy !== undefined && copy.times.iat < entry.copy.times.iat
      if (isOlder) throw new Error('the list that was fetched is older than the one before')
      entry.copy = copy
      entry.failure = undefined
    } catch (error) {
      entry.failure = error
      entry.nextFetchAtMs = this.#parts.host.monotonicMs() + retryMs
    }
  }

  async #verify(text: string, uri: string, askedAtMs: number, askedAtTimeMs: number): Promise<Copy> {
    const { issuer, keys, clock } = this.#parts
    const jws = parseJws(text.trim(), this.#maxBytes)
    checkStatusListType(jws)
    const { kid, alg } = jws.header
    const key = keys.find(kid, alg) ?? (await keys.refresh(kid, alg))
    if (key === undefined || !verifySignature(jws, key)) {
      throw new TokenError('ERR_TOKEN_SIGNATURE', 'the status list is not signed by a key of the issuer')
    }
    const read = readStatusListToken(jws, { uri, issuer, maxListBytes: this.#maxBytes })
    const ttlMs = Math.max(retryMs, Math.min((read.ttlSeconds ?? Infinity) * 1000, this.#maxStalenessMs / 4))
    const copy = { ...read, kid, key, ttlMs, askedAtMs, askedAtTimeMs }
    const problem = this.#problemOf(copy, clock.now())
    if (problem !== undefined) throw problem
    return copy
  }
}

function statusOn({ list }: Copy, index: number): number {
  const status = statusAt(list, index)
  if (status === undefined) throw badClaim('status', 'has an "idx" beyond the end of its list')
  return status
}

function hasParted({ askedAtTimeMs }: Copy, ageMs: number, { timeMs }: ClockReading): boolean {
  return Math.abs(timeMs - askedAtTimeMs - ageMs) > maxPartingMs
}

function originsOf(issuer: string, further: readonly string[]): ReadonlySet<string> {
  const own = URL.canParse(issuer)
    ? [new URL(issuer)].filter(address => isSafeAddress(address)).map(url => url.origin)
    : []
  for (const origin of further) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || !isSafeAddress(new URL(origin))) {
      throw new OptionError('statusList.origins', 'give origins such as https://cdn.example.com')
    }
  }
  if (own.length + further.length === 0) {
    throw new OptionError('statusList.origins', 'the issuer is no https URL: name the origins of its lists')
  }
  return new Set([...own, ...further])
}

function unavailable(cause: unknown): TokenError {
  const reason = cause instanceof Error ? cause.message : 'it has not been fetched'
  return new TokenError('ERR_STORE_UNAVAILABLE', `the token's status list is unavailable: ${reason}`, {
    cause,
  })
}
