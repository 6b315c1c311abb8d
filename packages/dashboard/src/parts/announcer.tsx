import { useSignalEffect } from '@preact/signals'
import { useState } from 'preact/hooks'
import { connection, fleet, isStale } from '../state/live.ts'
import { visible } from '../text/visible.ts'

/** Tells a screen reader when what is said has changed, and not each time that a number in it has. */
export function Announcer() {
  const [said, setSaid] = useState('')
  useSignalEffect(() => {
    if (connection.value === 'refused') return
    const next = isStale.value
      ? 'The connection to the service is lost.'
      : visible(fleet.value?.sentence ?? '')
    setSaid(before => (withoutNumbers(before) === withoutNumbers(next) ? before : next))
  })
  return (
    <div class="sr" role="status">
      {said}
    </div>
  )
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+(?:[.,:]\d+)*/g, '#')
}
