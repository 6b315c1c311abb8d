import type { FleetStatus, FleetView } from 'skewproof/fleet'
import { formatBound } from '../../text/measure.ts'
import { visible } from '../../text/visible.ts'
import { conditionOf, type Severity, severityOf } from '../../wire/condition.ts'

const signs: Readonly<Record<Severity, string>> = {
  good: 'M5 12.5l5 5 9-11',
  warning: 'M12 3l10 18h-20zM12 10v5M12 17.5v1',
  bad: 'M12 1.5l10.5 10.5-10.5 10.5-10.5-10.5zM12 7v6M12 15.5v1.2',
}

const words: Readonly<Record<Severity, string>> = { good: 'All is well:', warning: 'Note:', bad: 'Wrong:' }

/** The sentence, large, and the fleet in figures. */
export function Headline({ fleet }: { fleet: FleetStatus }) {
  const severity = severityOf(fleet)
  const wrong = fleet.nodes.filter(node => conditionOf(node) !== 'right').length
  return (
    <section class={`headline ${severity}`} aria-labelledby="sentence">
      <svg viewBox="0 0 24 24" width="34" height="34" aria-hidden="true">
        <path d={signs[severity]} />
      </svg>
      <div>
        <h1 id="sentence">
          <span class="sr">{words[severity]} </span>
          {visible(fleet.sentence)}
        </h1>
        <p class="facts">
          <span>
            <b>{fleet.nodes.length}</b> {fleet.nodes.length === 1 ? 'server' : 'servers'}
          </span>
          {wrong > 0 && (
            <span>
              <b>{wrong}</b> not right
            </span>
          )}
          <span>{describeView(fleet.view)}</span>
        </p>
      </div>
    </section>
  )
}

function describeView({ kind, errorMs }: FleetView): string {
  switch (kind) {
    case 'utc':
      return `true time is known within ${formatBound(errorMs)}`
    case 'agreement':
      return 'the servers agree on a time, which nobody has compared with UTC'
    case 'undecidable':
      return 'who is right cannot be told'
    case 'pending':
      return 'the clocks are being compared'
  }
}
