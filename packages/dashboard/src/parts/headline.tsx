import type { ComponentChildren } from 'preact'
import type { Severity } from '../wire/condition.ts'

const signs: Readonly<Record<Severity, string>> = {
  good: 'M5 12.5l5 5 9-11',
  warning: 'M12 3l10 18h-20zM12 10v5M12 17.5v1',
  bad: 'M12 1.5l10.5 10.5-10.5 10.5-10.5-10.5zM12 7v6M12 15.5v1.2',
}

const words: Readonly<Record<Severity, string>> = { good: 'All is well:', warning: 'Note:', bad: 'Wrong:' }

interface HeadlineProps {
  readonly severity: Severity
  readonly sentence: string
  /** Figures below it. */
  readonly children: ComponentChildren
}

/** What there is to say, in a sentence, large. */
export function Headline({ severity, sentence, children }: HeadlineProps) {
  return (
    <section class={`headline ${severity}`} aria-labelledby="sentence">
      <svg viewBox="0 0 24 24" width="34" height="34" aria-hidden="true">
        <path d={signs[severity]} />
      </svg>
      <div>
        <h1 id="sentence">
          <span class="sr">{words[severity]} </span>
          {sentence}
        </h1>
        <p class="facts">{children}</p>
      </div>
    </section>
  )
}
