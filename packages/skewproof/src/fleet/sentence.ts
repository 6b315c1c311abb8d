import { formatDuration, formatInstant } from '../time/index.ts'
import type { FleetNode, FleetStatus, NodeSource } from './status.ts'

/** What there is to say of a fleet, and whether somebody should do something. */
export interface Finding {
  readonly text: string
  readonly isFinding: boolean
}

/** A wall clock that is further off, surely, is worth a sentence. */
const notableMs = 100
/** `iat` is rounded down, but issuers may round up. */
const notableIssuerMs = 1000

/**
 * Says in a sentence or three who is wrong, by how much, since when, and what to do; of several findings the worst.
 *
 * @param spreadMs where nodes contradict each other, by how much
 */
export function judgeFleet(fleet: Omit<FleetStatus, 'sentence'>, spreadMs = 0): Finding {
  const text =
    sayAlarm(fleet, spreadMs) ??
    sayOutvoted(fleet) ??
    sayWallClock(fleet) ??
    sayUnready(fleet) ??
    saySilent(fleet) ??
    sayIssuer(fleet) ??
    sayWithoutUtc(fleet)
  return text === undefined ? { text: sayWell(fleet), isFinding: false } : { text, isFinding: true }
}

type Fleet = Omit<FleetStatus, 'sentence'>

function sayAlarm({ view, nodes }: Fleet, spreadMs: number): string | undefined {
  if (view.alarm === null) return undefined
  const camps = list(
    hostsOf(nodes.filter(({ standing }) => standing === 'undecided' || standing === 'outvoted')),
  )
  const apart = spreadMs > 0 ? `, by up to ${formatDuration(spreadMs)}` : ''
  if (view.alarm === 'undecidable')
    return `${camps} contradict each other${apart}, and as many say the one as the other: which is right cannot be told. Nobody is drained. Give one more node a time source of its own, and it is decided.`
  return `Most of the fleet disagrees on the time: ${camps} contradict each other${apart}. Nobody is drained, since that would take the service down. Check the time daemons there: ${commandOf(undefined)}`
}

function sayOutvoted({ nodes, serverTimeMs }: Fleet): string | undefined {
  const outvoted = nodes.filter(({ standing }) => standing === 'outvoted')
  const worst = worstOf(outvoted, ({ ownOffsetMs }) => Math.abs(ownOffsetMs ?? 0))
  if (worst === undefined) return undefined
  const host = nameOf(worst)
  const since = worst.ready ? '' : ` since ${clockTime(serverTimeMs - worst.sinceMs)} UTC`
  const source = sourceToBlame(worst)
  const others = hostsOf(nodes.filter(({ standing }) => standing === 'agreeing')).length
  const traffic =
    worst.role === 'agent' ? '' : worst.ready ? ' It still takes traffic.' : ' It takes no traffic.'
  const further = hostsOf(outvoted).filter(other => other !== host)
  return [
    `${host} is ${aheadOrBehind(worst.ownOffsetMs ?? 0)} the fleet${since};`,
    `its own time source${source === undefined ? '' : ` ${source.name}`} says so, and ${others} ${others === 1 ? 'other disagrees' : 'others disagree'}.${traffic}`,
    `Check ${daemonOf(source)} on ${host}: ${commandOf(source)}`,
    ...(further.length > 0 ? [`Outvoted too: ${list(further)}.`] : []),
  ].join(' ')
}

function sayWallClock({ nodes }: Fleet): string | undefined {
  const wrong = nodes.filter(
    ({ standing, offsetMs, errorMs }) =>
      standing !== 'silent' && Math.abs(offsetMs ?? 0) > (errorMs ?? 0) + notableMs,
  )
  const worst = worstOf(wrong, ({ offsetMs }) => Math.abs(offsetMs ?? 0))
  if (worst === undefined) return undefined
  const host = nameOf(worst)
  const own = ownSources(worst)
  const failing = own.find(({ status }) => status === 'unreachable' || status === 'pending')
  const cause =
    own.length === 0
      ? ', and it has no time source of its own'
      : failing === undefined
        ? ''
        : `, and its time source ${failing.name} does not answer`
  const isRight = worst.clock.status === 'synchronized' || worst.clock.status === 'holdover'
  const effect = isRight
    ? ` What Skewproof does there is right all the same: it knows the time to ${formatDuration(worst.clock.errorMs ?? 0)}.`
    : ''
  const further = hostsOf(wrong).filter(other => other !== host)
  return [
    `The wall clock of ${host} is ${aheadOrBehind(worst.offsetMs ?? 0)} the fleet's time${cause}.${effect}`,
    `Set it right: ${own.length === 0 ? `run chronyd on ${host}.` : commandOf(failing ?? own[0])}`,
    ...(further.length > 0 ? [`Wrong too: ${list(further)}.`] : []),
  ].join(' ')
}

function sayUnready({ nodes }: Fleet): string | undefined {
  const unready = nodes.find(({ standing, ready }) => standing !== 'silent' && !ready)
  if (unready === undefined) return undefined
  const [reason] = unready.reasons
  return `${nameOf(unready)} takes no traffic${reason === undefined ? '' : `: ${reason.text}`}.`
}

function saySilent({ nodes }: Fleet): string | undefined {
  const silent = nodes.filter(({ standing }) => standing === 'silent')
  const [first] = silent
  if (first === undefined) return undefined
  const others = list(silent.slice(1).map(({ node }) => node))
  const further = others === '' ? '' : ` Silent too: ${others}.`
  return `${first.node} has not reported for ${formatDuration(first.reportedAgoMs)}.${further} Does it run, and does it reach the store?`
}

function sayIssuer({ issuers }: Fleet): string | undefined {
  const worst = worstOf(issuers, ({ aheadMs }) => aheadMs ?? 0)
  if (worst === undefined || (worst.aheadMs ?? 0) < notableIssuerMs) return undefined
  return `The clock of the issuer ${worst.issuer} is at least ${formatDuration(worst.aheadMs ?? 0)} ahead: its tokens come from the future. Tell those who run it.`
}

function sayWithoutUtc({ view, nodes }: Fleet): string | undefined {
  if (view.kind !== 'agreement' || nodes.length === 0) return undefined
  const common = nodes.some(({ clock }) => clock.status === 'agreement')
  const effect = common
    ? 'all go by the clock of the store, and agree with each other.'
    : 'each goes by its wall clock.'
  return `No node knows UTC: ${effect} Run chronyd on the nodes, or name a time source with --source.`
}

function sayWell({ view, nodes }: Fleet): string {
  if (nodes.length === 0) return 'No node has reported yet.'
  if (view.kind !== 'utc') return 'The nodes are comparing their clocks; it takes a few seconds.'
  const known = nodes.flatMap(({ standing, clock }) => (standing === 'silent' ? [] : (clock.errorMs ?? [])))
  const within = formatDuration(Math.max(0, ...known))
  return nodes.length === 1
    ? `The only node knows UTC to ${within}.`
    : `All ${nodes.length} nodes agree on UTC, to ${within}.`
}

function sourceToBlame(node: FleetNode): NodeSource | undefined {
  const own = ownSources(node)
  return own.find(({ status }) => status === 'falseticker') ?? own[0]
}

/** Without the fleet itself. */
function ownSources({ sources }: FleetNode): readonly NodeSource[] {
  return sources.filter(({ name }) => name !== fleetSourceName)
}

/** As what a node's clock shows the common view among its sources. */
export const fleetSourceName = 'fleet'

function daemonOf(source: NodeSource | undefined): string {
  const kind = source?.name.split(':')[0]
  if (kind === 'chrony') return 'chronyd'
  if (kind === 'ntpd') return 'ntpd'
  if (kind === 'timesyncd') return 'systemd-timesyncd'
  if (kind === 'system') return 'who sets the wall clock'
  return source === undefined ? 'the time source' : source.name
}

function commandOf(source: NodeSource | undefined): string {
  switch (source?.name.split(':')[0]) {
    case 'chrony':
      return 'chronyc -n sources -v'
    case 'ntpd':
      return 'ntpq -pn'
    case 'timesyncd':
      return 'timedatectl timesync-status'
    default:
      return 'skewproof doctor'
  }
}

function aheadOrBehind(offsetMs: number): string {
  return `${formatDuration(Math.abs(offsetMs))} ${offsetMs >= 0 ? 'ahead of' : 'behind'}`
}

function clockTime(timeMs: number): string {
  return formatInstant(timeMs)?.slice(11, 19) ?? ''
}

function nameOf({ host, node }: FleetNode): string {
  return host === '' ? node : host
}

function hostsOf(nodes: readonly FleetNode[]): readonly string[] {
  return [...new Set(nodes.map(nameOf))]
}

const namesShown = 5

function list(names: readonly string[]): string {
  const shown = names.slice(0, namesShown)
  const rest = names.length - shown.length
  const all = rest > 0 ? [...shown, `${rest} more`] : shown
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}

function worstOf<T>(items: readonly T[], badness: (item: T) => number): T | undefined {
  return items.toSorted((one, other) => badness(other) - badness(one))[0]
}
