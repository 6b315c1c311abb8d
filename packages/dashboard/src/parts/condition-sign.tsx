import type { Condition } from '../wire/condition.ts'

const shapes: Readonly<Record<Condition, string>> = {
  right: 'M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z',
  off: 'M8 2l6.5 11.5h-13z',
  outvoted: 'M8 .8l7.2 7.2-7.2 7.2-7.2-7.2z',
  contradicted: 'M8 .8l7.2 7.2-7.2 7.2-7.2-7.2z',
  blind: 'M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z',
  silent: 'M3.5 3.5l9 9m0-9l-9 9',
}

/** A condition as a shape: told apart without colours, too. */
export function ConditionSign({ condition }: { condition: Condition }) {
  return (
    <svg class={`sign ${condition}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={shapes[condition]} />
    </svg>
  )
}
