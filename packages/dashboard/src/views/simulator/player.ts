import { effect, signal } from '@preact/signals'
import type { PolicyName } from 'skewproof/simulator'
import { type Curves, curvesOf } from './curves.ts'
import type { Effect } from './effects.ts'
import { Run, type ServerClock } from './run.ts'
import { firstSettings, type Settings } from './settings.ts'
import { type Sentence, sentenceFor } from './words.ts'

/** What whoever watches has chosen; it lasts while the page is open. */
export const settings = signal<Settings>(firstSettings)
export const isPaused = signal(false)
export const plotted = signal<readonly PolicyName[]>(['jsonwebtoken', 'jsonwebtoken-60s', 'textbook', 'auto'])

/** What there is to be seen of the run. */
export interface Shown {
  readonly sentence: Sentence
  readonly effects: readonly Effect[]
  readonly windowSeconds: number
  readonly clocks: readonly ServerClock[]
  readonly curves: Curves
}

export const shown = signal<Shown | undefined>(undefined)
/** From 0 to 1, where a run is being prepared. */
export const prepared = signal(0)

/** So many seconds pass in one. */
export const pace = 10
/** A slice that a frame has room for. */
const preparedPerFrameSeconds = 25
/** A page that was hidden does not catch up. */
const longestStepMs = 1000
const stepMs = 200
const calmStepMs = 1000

let run = new Run(firstSettings)

/** Runs the simulation, in slices between the browser's frames, until what it returns is called. */
export function play(): () => void {
  let frame = requestAnimationFrame(step)
  let lastMs: number | undefined
  const everyMs = matchMedia('(prefers-reduced-motion: reduce)').matches ? calmStepMs : stepMs

  function step(frameMs: number): void {
    frame = requestAnimationFrame(step)
    if (run.prepared < 1) prepare()
    else if (isPaused.peek()) lastMs = undefined
    else {
      lastMs ??= frameMs
      const passedMs = frameMs - lastMs
      if (passedMs < everyMs) return
      lastMs = frameMs
      run.advance(Math.round((Math.min(longestStepMs, passedMs) / 1000) * pace))
      show()
    }
  }

  const stopFollowing = [
    effect(() => follow(settings.value)),
    effect(() => {
      plotted.value
      if (shown.peek() !== undefined) show()
    }),
  ]
  return () => {
    cancelAnimationFrame(frame)
    for (const stop of stopFollowing) stop()
  }
}

function prepare(): void {
  run.advance(preparedPerFrameSeconds)
  prepared.value = run.prepared
  if (run.prepared >= 1) show()
}

function follow(wanted: Settings): void {
  if (run.isFor(wanted)) run.set(wanted)
  else {
    run = new Run(wanted)
    prepared.value = 0
  }
}

function show(): void {
  const effects = run.effects()
  shown.value = {
    sentence: sentenceFor(settings.peek(), effects),
    effects,
    windowSeconds: run.windowSeconds,
    clocks: run.clocks(),
    curves: curvesOf(run.seconds, plotted.peek(), run.passedSeconds),
  }
}
