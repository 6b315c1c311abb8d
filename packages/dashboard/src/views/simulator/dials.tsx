import type { ComponentChildren } from 'preact'
import { ConditionSign } from '../../parts/condition-sign.tsx'
import { describeOffset, formatBound, formatOffset } from '../../text/measure.ts'
import { noticeableMs, usualToleranceMs } from '../../wire/condition.ts'
import { Choices } from './choices.tsx'
import { isPaused, settings, shown } from './player.ts'
import { type Daemon, type ServerSetting, setRight, withServer, wrongClocks } from './settings.ts'
import { lastStop, maxOffsetMs, offsetAt, placeOf, readOffset, stopFor } from './stops.ts'

/** Every clock with a slider, on one axis: true time in the middle. */
export function Dials() {
  const { servers, storeOffsetMs, issuerOffsetMs } = settings.value
  return (
    <section aria-labelledby="dials">
      <div class="section-head">
        <h2 id="dials">Drag a clock</h2>
        <div class="filter">
          <Choices />
          <button
            type="button"
            class="small"
            disabled={wrongClocks(settings.value).length === 0}
            onClick={() => {
              settings.value = setRight(settings.peek())
            }}
          >
            Set all right
          </button>
          <button
            type="button"
            class="small"
            onClick={() => {
              isPaused.value = !isPaused.peek()
            }}
          >
            {isPaused.value ? 'Go on' : 'Pause'}
          </button>
        </div>
      </div>
      <div class="dials">
        <Lines />
        <div class="dial dial-head" aria-hidden="true">
          <span class="dial-name">Server</span>
          <span class="dial-lane">
            <Labels />
          </span>
          <span class="dial-field">Off by, s</span>
          <span class="dial-daemon">Its time daemon</span>
          <span class="dial-clock number">Skewproof’s clock there</span>
        </div>
        {servers.map(server => (
          <ServerDial key={server.name} server={server} />
        ))}
        {issuerOffsetMs !== undefined && (
          <Dial
            name="issuer"
            offsetMs={issuerOffsetMs}
            set={offsetMs => {
              settings.value = { ...settings.peek(), issuerOffsetMs: offsetMs }
            }}
          />
        )}
        <Dial
          name="store"
          offsetMs={storeOffsetMs}
          set={offsetMs => {
            settings.value = { ...settings.peek(), storeOffsetMs: offsetMs }
          }}
        />
      </div>
    </section>
  )
}

const daemons: readonly (readonly [Daemon, string])[] = [
  ['right', 'knows true time'],
  ['dead', 'is dead'],
  ['misled', 'is as wrong'],
]

function ServerDial({ server: { name, offsetMs, daemon } }: { server: ServerSetting }) {
  return (
    <Dial
      name={name}
      offsetMs={offsetMs}
      set={next => {
        settings.value = withServer(settings.peek(), name, { offsetMs: next })
      }}
    >
      <select
        class="dial-daemon"
        aria-label={`${name}: its time daemon`}
        onChange={event => {
          const next = event.currentTarget.value as Daemon
          settings.value = withServer(settings.peek(), name, { daemon: next })
        }}
      >
        {daemons.map(([value, title]) => (
          <option key={value} value={value} selected={value === daemon}>
            {title}
          </option>
        ))}
      </select>
      <SkewproofClock name={name} />
    </Dial>
  )
}

interface DialProps {
  readonly name: string
  readonly offsetMs: number
  readonly set: (offsetMs: number) => void
  readonly children?: ComponentChildren
}

function Dial({ name, offsetMs, set, children }: DialProps) {
  const isOff = Math.abs(offsetMs) > noticeableMs
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a grid with its legend in a cell everywhere
    <div class={`dial ${isOff ? 'off' : 'right'}`} role="group" aria-label={name}>
      <span class="dial-name">
        <ConditionSign condition={isOff ? 'off' : 'right'} />
        <b>{name}</b>
        <span class="dial-words">{describeOffset(offsetMs)}</span>
      </span>
      <span class="dial-lane">
        <input
          type="range"
          min={-lastStop}
          max={lastStop}
          step={1}
          value={stopFor(offsetMs)}
          aria-label={`${name}: its wall clock`}
          aria-valuetext={describeOffset(offsetMs)}
          onInput={event => set(offsetAt(event.currentTarget.valueAsNumber))}
        />
      </span>
      <input
        class="dial-field number"
        type="number"
        min={-maxOffsetMs / 1000}
        max={maxOffsetMs / 1000}
        step="any"
        value={offsetMs / 1000}
        aria-label={`${name}: seconds ahead of true time`}
        onChange={event => {
          const field = event.currentTarget
          const next = readOffset(field.value)
          if (next === undefined) field.value = String(offsetMs / 1000)
          else set(next)
        }}
      />
      {children}
    </div>
  )
}

function SkewproofClock({ name }: { name: string }) {
  const clock = shown.value?.clocks.find(one => one.name === name)
  return (
    <span class="dial-clock number">
      {clock !== undefined && (
        <>
          <span class="dial-clock-label">Skewproof’s clock: </span>
          {formatOffset(clock.offsetMs)} <span class="quiet">{formatBound(clock.errorMs)}</span>
        </>
      )}
    </span>
  )
}

const ticks: readonly (readonly [ms: number, label: string])[] = [
  [-600_000, '−10 min'],
  [-180_000, '−3 min'],
  [-30_000, '−30 s'],
  [-5000, '−5 s'],
  [5000, '+5 s'],
  [30_000, '+30 s'],
  [180_000, '+3 min'],
  [600_000, '+10 min'],
]

function Lines() {
  return (
    <div class="dial dial-lines" aria-hidden="true">
      <div class="dial-lane">
        <div class="dial-marks">
          <div class="beyond behind" style={{ right: percent(usualToleranceMs) }} />
          <div class="beyond ahead" style={{ left: percent(usualToleranceMs) }} />
          {ticks.map(([ms]) => (
            <div key={ms} class="tick" style={{ left: percent(ms) }} />
          ))}
          <div class="tick zero" style={{ left: percent(0) }} />
        </div>
      </div>
    </div>
  )
}

function Labels() {
  return (
    <span class="dial-marks">
      <span class="side behind">← behind</span>
      <span class="zero-label">true time</span>
      <span class="side ahead">ahead →</span>
      {ticks.map(([ms, label]) => (
        <span key={ms} class={`tick-label ${labelClass(ms)}`} style={{ left: percent(ms) }}>
          {label}
        </span>
      ))}
    </span>
  )
}

function percent(offsetMs: number): string {
  return `${100 * placeOf(offsetMs)}%`
}

/** The outermost labels stay within the lane; where there is little room, only some are left. */
function labelClass(ms: number): string {
  if (Math.abs(ms) === maxOffsetMs) return ms < 0 ? 'first' : 'last'
  return Math.abs(ms) === usualToleranceMs ? '' : 'spared'
}
