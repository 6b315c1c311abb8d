import { type Check, pass, skip, warn } from './check.ts'
import type { DaemonName } from './daemon.ts'

export type CloudProvider = 'aws' | 'gcp' | 'azure'

/** A line of a daemon's configuration that names where it gets the time. */
export interface ConfiguredSource {
  readonly daemon: DaemonName
  readonly path: string
  readonly line: string
}

export interface CloudFacts {
  readonly provider: CloudProvider | undefined
  readonly container: string | undefined
  /** None: it is not known which run. */
  readonly running: readonly DaemonName[]
  readonly configured: readonly ConfiguredSource[]
}

interface Provider {
  readonly title: string
  /** What a configuration says that uses the provider's own time. */
  readonly uses: RegExp
  readonly fix: string
}

const providers: Readonly<Record<CloudProvider, Provider>> = {
  aws: {
    title: 'AWS',
    uses: /\b169\.254\.169\.123\b|\bfd00:ec2::123\b|\brefclock\s+PHC\s+\/dev\/ptp/i,
    fix: 'Add "server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4" to chrony.conf (Amazon Time Sync Service), or "refclock PHC /dev/ptp_ena poll 0" where the instance has that device.',
  },
  gcp: {
    title: 'Google Cloud',
    uses: /\bmetadata\.google\.internal\b|\b169\.254\.169\.254\b|\brefclock\s+PHC\s+\/dev\/ptp/i,
    fix: 'Add "server metadata.google.internal prefer iburst" to chrony.conf and take the other servers out: Google smears leap seconds.',
  },
  azure: {
    title: 'Azure',
    uses: /\brefclock\s+PHC\s+\/dev\/ptp/i,
    fix: 'Add "refclock PHC /dev/ptp_hyperv poll 3 dpoll -2 offset 0 stratum 2" to chrony.conf.',
  },
}

export function judgeCloud({ provider, container, running, configured }: CloudFacts): Check {
  const id = 'cloud.source'
  if (provider === undefined) return skip(id, 'not a machine of AWS, Google Cloud or Azure')
  const { title, uses, fix } = providers[provider]
  if (container !== undefined && running.length === 0) {
    return skip(id, `on ${title}, in a container (${container}), whose host keeps the clock`)
  }
  const inForce = configured.filter(({ daemon }) => running.length === 0 || running.includes(daemon))
  const used = inForce.find(({ line }) => uses.test(line))
  if (used !== undefined) return pass(id, `${title}'s own time is used ("${used.line}" in ${used.path})`)
  return warn(id, `on ${title}, whose own time is not used`, fix)
}
