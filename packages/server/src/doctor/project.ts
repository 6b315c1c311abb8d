import { formatDuration } from 'skewproof'
import { type Check, type CheckId, fail, pass, skip, warn } from './check.ts'
import type { Place, SourceFacts } from './project/examine.ts'
import type { Tolerance, Verification } from './project/verification.ts'

export interface ProjectFacts extends SourceFacts {
  readonly filesRead: number
  /** Files that could not be understood, and why. */
  readonly unread: readonly { readonly file: string; readonly problem: string }[]
  /** Whether there was no time, or were too many files, to read all. */
  readonly isPartial: boolean
}

const maxToleranceSeconds = 60
/** More findings of one kind are counted, and not shown. */
const maxShown = 50

type Found = Verification & Place

export function judgeProject(facts: ProjectFacts): readonly Check[] {
  return [
    ...judgeFiles(facts),
    ...judgeTolerances(facts.verifications),
    ...judgeIgnored(facts.verifications),
    ...judgeExpiries(facts.handMadeExpiries),
  ]
}

function judgeFiles({ filesRead, unread, isPartial }: ProjectFacts): readonly Check[] {
  const id = 'project.files'
  const count = `${filesRead} ${filesRead === 1 ? 'file' : 'files'}`
  const partial = warn(
    id,
    `only the first ${count} were read`,
    'Give it more time with --timeout, or name a smaller folder with --project.',
  )
  const problems = unread.map(({ file, problem }) =>
    warn(id, `${file}: ${problem}`, 'What it does with tokens is not known: look yourself.'),
  )
  return [isPartial ? partial : pass(id, `${count} read`), ...shorten(id, problems)]
}

function judgeTolerances(verifications: readonly Found[]): readonly Check[] {
  const id = 'project.tolerance'
  if (verifications.length === 0) {
    return [skip(id, 'no call of jsonwebtoken or jose that verifies a token was found')]
  }
  const findings = verifications.flatMap(found => judgeTolerance(id, found) ?? [])
  const good = pass(id, `${calls(verifications.length)} with a tolerance of 60s at most`)
  return findings.length === 0 ? [good] : shorten(id, findings)
}

function judgeTolerance(id: CheckId, found: Found): Check | undefined {
  const { library, tolerance } = found
  const name = nameOf(found)
  const problem = (text: string): string => `${at(found)}: ${name} ${text}`
  const isZero = tolerance.kind === 'seconds' && tolerance.seconds <= 0
  if (tolerance.kind === 'absent' || isZero) {
    const message = problem('tolerates no skew: a clock that is a moment off refuses good tokens')
    return locate(
      found,
      fail(id, message, `Pass { clockTolerance: 30 } in its options, or use skewproof/${library}.`),
    )
  }
  return judgeGiven(id, found, tolerance, problem)
}

function judgeGiven(
  id: CheckId,
  found: Found,
  tolerance: Exclude<Tolerance, { kind: 'absent' }>,
  problem: (text: string) => string,
): Check | undefined {
  switch (tolerance.kind) {
    case 'seconds': {
      if (tolerance.seconds <= maxToleranceSeconds) return undefined
      const span = formatDuration(tolerance.seconds * 1000)
      const message = problem(`tolerates ${span}: expired tokens live that much longer`)
      return locate(found, fail(id, message, 'Use 60 s at most, and set the clocks right instead.'))
    }
    case 'concatenated': {
      const message = problem('is given its clockTolerance as a string: tokens never expire')
      return locate(found, fail(id, message, 'Pass a number of seconds: { clockTolerance: 30 }.'))
    }
    case 'bounded':
      return undefined
    case 'computed':
      return locate(found, skip(id, problem('has a clockTolerance whose value cannot be told from here')))
    case 'hidden': {
      const message = problem(
        "has options that can't be told from here: whether they tolerate skew is not known",
      )
      return locate(found, warn(id, message, 'See that they hold a clockTolerance of 30 to 60 s.'))
    }
  }
}

function judgeIgnored(verifications: readonly Found[]): readonly Check[] {
  const id = 'project.ignore-expiration'
  if (verifications.length === 0) return [skip(id, 'no call that verifies a token was found')]
  const findings = verifications.flatMap(found => {
    const { ignoresExpiration } = found
    const name = nameOf(found)
    if (ignoresExpiration === 'no') return []
    return ignoresExpiration === 'yes'
      ? locate(
          found,
          fail(
            id,
            `${at(found)}: ${name} accepts expired tokens (ignoreExpiration)`,
            'Take ignoreExpiration out.',
          ),
        )
      : locate(
          found,
          warn(
            id,
            `${at(found)}: ${name} has an ignoreExpiration whose value can't be told from here`,
            'See that it is never true in production, or take it out.',
          ),
        )
  })
  const good = pass(id, `${calls(verifications.length)} without ignoreExpiration`)
  return findings.length === 0 ? [good] : shorten(id, findings)
}

function judgeExpiries(places: readonly Place[]): readonly Check[] {
  const id = 'project.exp'
  if (places.length === 0) return [pass(id, 'no exp is calculated from the wall clock')]
  const findings = places.map(place =>
    locate(
      place,
      warn(
        id,
        `${at(place)}: exp is calculated from this machine's wall clock`,
        "Give a lifetime instead: jsonwebtoken's { expiresIn: '15m' }, jose's setExpirationTime('15m'), or Skewproof's issue({ expiresIn: '15m' }).",
      ),
    ),
  )
  return shorten(id, findings)
}

function nameOf({ library, method }: Verification): string {
  return `${library}'s ${method}`
}

function at({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`
}

function locate({ file, line, column, frame }: Place, check: Check): Check {
  return { ...check, location: { file, line, column }, frame }
}

function calls(count: number): string {
  return count === 1 ? '1 call verifies tokens' : `${count} calls verify tokens`
}

/** What fails comes first. */
function shorten(id: CheckId, findings: readonly Check[]): readonly Check[] {
  const sorted = findings.toSorted((one, other) => rank(one) - rank(other))
  const more = sorted.slice(maxShown)
  if (more.length === 0) return sorted
  return [
    ...sorted.slice(0, maxShown),
    warn(id, `and ${more.length} more`, 'Mend these first, or name a smaller folder with --project.'),
  ]
}

function rank({ status }: Check): number {
  return ['fail', 'warn', 'skip', 'pass'].indexOf(status)
}
