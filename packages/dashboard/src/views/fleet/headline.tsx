import type { FleetStatus, FleetView } from 'skewproof/fleet'
import { Headline } from '../../parts/headline.tsx'
import { formatBound } from '../../text/measure.ts'
import { visible } from '../../text/visible.ts'
import { conditionOf, severityOf } from '../../wire/condition.ts'

/** The sentence, large, and the fleet in figures. */
export function FleetHeadline({ fleet }: { fleet: FleetStatus }) {
  const wrong = fleet.nodes.filter(node => conditionOf(node) !== 'right').length
  return (
    <Headline severity={severityOf(fleet)} sentence={visible(fleet.sentence)}>
      <span>
        <b>{fleet.nodes.length}</b> {fleet.nodes.length === 1 ? 'server' : 'servers'}
      </span>
      {wrong > 0 && (
        <span>
          <b>{wrong}</b> not right
        </span>
      )}
      <span>{describeView(fleet.view)}</span>
    </Headline>
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
