import type { SourceErrorReason } from 'skewproof'
import type { ChronySourceState, ChronyTracking } from 'skewproof/sources'
import { type Check, type CheckId, fail, pass, skip, warn } from './check.ts'
import { judgeOffset, type Offset } from './offset.ts'

/** What a time source said of this host's wall clock. */
export interface SourceFacts {
  /** As `--source` takes it. */
  readonly name: string
  /** This host's wall clock minus true time; or why that is not known. */
  readonly offset: Offset | SourceProblem
  /** What chronyd tells of itself; `undefined` for other sources, and when it cannot be asked. */
  readonly daemon: DaemonState | undefined
}

export interface SourceProblem {
  readonly reason: SourceErrorReason
  readonly message: string
}

export interface DaemonState {
  readonly leap: ChronyTracking['leap']
  /** The daemon's own sources; `undefined` when it does not tell of them. */
  readonly sources: readonly { readonly name: string; readonly state: ChronySourceState }[] | undefined
}

/** With fewer, one that lies cannot be told from those that do not, or one that fails leaves too few for that. */
const enoughSources = 4

const answers: readonly ChronySourceState[] = [
  'selected',
  'combined',
  'selectable',
  'falseticker',
  'too-variable',
]

export function judgeSynchronization(facts: readonly SourceFacts[]): readonly Check[] {
  return [
    ...facts.map(judgeSynchronized),
    ...facts.flatMap(judgeWallClock),
    ...judgeDaemons('time.sources', facts, judgeSources),
    ...judgeDaemons('time.leap', facts, judgeLeap),
    ...judgeDaemons('time.falsetickers', facts, judgeFalsetickers),
  ]
}

function judgeSynchronized({ name, offset }: SourceFacts): Check {
  const id = 'time.synchronized'
  if (!('reason' in offset)) return pass(id, `${name} is synchronized`)
  const { reason, message } = offset
  switch (reason) {
    case 'unsynchronized':
      return fail(
        id,
        `${name} is not synchronized: ${message}`,
        'Give it servers that it can reach, and see that nothing blocks UDP port 123.',
      )
    case 'unreachable':
    case 'timeout':
      return fail(
        id,
        `${name} does not answer: ${message}`,
        'Is it running, and may this user ask it? Name another place with --source.',
      )
    default:
      return fail(id, `${name} cannot be believed: ${message}`, 'Look at what answers there.')
  }
}

function judgeWallClock({ name, offset }: SourceFacts): readonly Check[] {
  if ('reason' in offset) return []
  const fix =
    'See what the daemon makes of it ("chronyc tracking"); "chronyc makestep" sets the clock at once.'
  return [
    judgeOffset('time.offset', offset, size => `${name} says that the wall clock is ${size} true time`, fix),
  ]
}

/** One check for each daemon that tells of itself; one that is skipped when none does. */
function judgeDaemons(
  id: CheckId,
  facts: readonly SourceFacts[],
  judge: (id: CheckId, name: string, daemon: DaemonState) => Check,
): readonly Check[] {
  const checks = facts.flatMap(({ name, daemon }) => (daemon === undefined ? [] : [judge(id, name, daemon)]))
  return checks.length > 0 ? checks : [skip(id, 'only chronyd tells, and none was asked that answers')]
}

function judgeSources(id: CheckId, name: string, { sources }: DaemonState): Check {
  if (sources === undefined) {
    return skip(id, `${name} does not tell of its sources`, 'See them with "chronyc sources".')
  }
  const count = sources.filter(({ state }) => answers.includes(state)).length
  const counted = `${count} of the ${sources.length} sources of ${name} ${count === 1 ? 'answers' : 'answer'}`
  if (count === 0) {
    return fail(id, counted, 'Give it servers that it can reach, and see that nothing blocks UDP port 123.')
  }
  if (count >= enoughSources) return pass(id, counted)
  return warn(
    id,
    `${counted}: fewer than ${enoughSources} cannot outvote one that is wrong`,
    `Name ${enoughSources} or more, as with "pool 2.pool.ntp.org iburst maxsources ${enoughSources}".`,
  )
}

function judgeLeap(id: CheckId, name: string, { leap }: DaemonState): Check {
  switch (leap) {
    case 'none':
      return pass(id, `no leap second is announced to ${name}`)
    case 'unsynchronized':
      return fail(id, `the leap state of ${name} is "not synchronised"`, 'Give it servers that it can reach.')
    default: {
      const what = leap === 'insert' ? 'a second is inserted' : 'a second is left out'
      const fix = 'Is it announced by the IERS? Otherwise a server of yours is wrong: see "chronyc ntpdata".'
      return warn(id, `${name} expects a leap second: ${what} at the end of the day`, fix)
    }
  }
}

function judgeFalsetickers(id: CheckId, name: string, { sources = [] }: DaemonState): Check {
  const liars = sources.filter(({ state }) => state === 'falseticker').map(source => source.name)
  if (liars.length === 0) return pass(id, `${name} names no source that is wrong`)
  return warn(
    id,
    `the majority contradicts ${liars.join(', ')}, says ${name}`,
    'Take it out of the configuration, or set its clock right.',
  )
}
