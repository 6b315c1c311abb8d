import type { Clock } from '../../clock/clock.ts'
import type { HostClock } from '../../clock/host.ts'
import { type Duration, OptionError, parseDurationMs } from '../../time/index.ts'
import type { SigningKey } from '../keys/index.ts'
import { requireCount, requireText } from '../options.ts'
import type { StatusPlace, TokenStore } from '../store.ts'
import { StatusPlaces } from './places.ts'
import { type PublishedStatusList, StatusPublication } from './publication.ts'
import type { StatusReference } from './reference.ts'

export interface StatusListServiceOptions {
  /** What the addresses of the lists begin with. Default: the issuer's URL and `/.well-known/status/`. */
  baseUri?: string | undefined
  /** How long verifiers and caches may keep a list: the most of what a revocation takes to arrive. Default 30 s. */
  ttl?: Duration | undefined
  /** How many tokens share a list, from 1024 to 1,048,576. Default 131,072. */
  size?: number | undefined
}

export interface StatusListServiceParts {
  readonly store: TokenStore
  readonly clock: Clock
  readonly host: HostClock
  readonly issuer: string
  readonly maxLifetimeMs: number
  readonly signingKey: () => Promise<SigningKey>
}

/** What a token service does about status lists: gives places on them, and publishes them. */
export class StatusListService {
  readonly #baseUri: string
  readonly #places: StatusPlaces
  readonly #publication: StatusPublication

  /** @throws OptionError when an option cannot be used */
  constructor(parts: StatusListServiceParts, options: StatusListServiceOptions) {
    this.#baseUri = baseUriOf(parts.issuer, options.baseUri)
    const ttlMs = parseDurationMs('statusList.ttl', options.ttl ?? '30s', { minMs: 1000, maxMs: 86_400_000 })
    const size = requireCount('statusList.size', options.size ?? 131_072, 1024, 1_048_576)
    this.#places = new StatusPlaces({ ...parts, size })
    this.#publication = new StatusPublication({ ...parts, baseUri: this.#baseUri, ttlMs })
  }

  /**
   * A place for a token of this lifetime.
   *
   * @throws TokenError `ERR_STORE_UNAVAILABLE`
   */
  readonly takePlace = async (lifetimeMs: number): Promise<StatusReference> => {
    const { list, index } = await this.#places.take(lifetimeMs)
    return { uri: this.#baseUri + list, index }
  }

  /** The place that a reference names, as the store has it. */
  placeOf({ uri, index }: StatusReference): StatusPlace {
    return { list: uri.slice(this.#baseUri.length), index }
  }

  /** A place was not this process's to give. */
  forgetPlaces(): void {
    this.#places.forget()
  }

  /** @throws TokenError `ERR_STORE_UNAVAILABLE` */
  publish(id: string): Promise<PublishedStatusList | undefined> {
    return this.#publication.publish(id)
  }

  close(): void {
    this.#publication.close()
  }
}

function baseUriOf(issuer: string, baseUri: string | undefined): string {
  if (baseUri === undefined) {
    if (!isHttpUrl(requireText('issuer', issuer))) {
      throw new OptionError(
        'issuer',
        'with status lists it must be an http(s) URL, which they are published below',
      )
    }
    return `${issuer.replace(/\/$/, '')}/.well-known/status/`
  }
  if (!isHttpUrl(requireText('statusList.baseUri', baseUri, 1024)) || !baseUri.endsWith('/')) {
    throw new OptionError('statusList.baseUri', 'give an http(s) URL that ends with a slash')
  }
  return baseUri
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\//.test(text)
}
