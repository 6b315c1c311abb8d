import '../../style/simulator.css'
import { useEffect, useState } from 'preact/hooks'
import { Headline } from '../../parts/headline.tsx'
import { Dials } from './dials.tsx'
import { Outcomes } from './outcomes.tsx'
import { pace, play, prepared, settings, shown } from './player.ts'
import { Plots } from './plots.tsx'

/** A fleet whose clocks anybody may set, and what it does to tokens under each policy. It asks nothing of the service. */
export function View() {
  useEffect(play, [])
  return (
    <div class="simulator">
      <Sentence />
      <Announcer />
      <Dials />
      <Outcomes />
      <Plots />
      <p class="quiet about">
        The simulator of <code>skewproof simulate</code>, in this page: five servers over a shared store, with
        the library’s own decisions. Nothing here is measured on your fleet. Tokens are tried until 12 min
        after their end; of them, a good one is within its life and not revoked.
      </p>
    </div>
  )
}

function Sentence() {
  const now = shown.value
  if (now === undefined) {
    const percent = Math.floor(prepared.value * 100)
    return (
      <Headline severity="good" sentence="Five servers, one store, and some users">
        <span>logging users in… {percent} %</span>
      </Headline>
    )
  }
  const { sentence, windowSeconds } = now
  return (
    <Headline severity={sentence.severity} sentence={sentence.text}>
      <span>
        <b>{settings.value.servers.length}</b> simulated servers
      </span>
      <span>{pace} s pass in each second</span>
      <span>
        {prepared.value > 0 && prepared.value < 1
          ? 'users are logging in again…'
          : `counted over the last ${windowSeconds} s`}
      </span>
    </Headline>
  )
}

/** How long clocks stay where they are until it is said what that does. */
const settledMs = 2000

/** Tells a screen reader what a change has done, once, and not while a slider moves. */
function Announcer() {
  const [said, setSaid] = useState('')
  const now = settings.value
  useEffect(() => {
    const timer = setTimeout(() => setSaid(shown.peek()?.sentence.text ?? ''), settledMs)
    return () => clearTimeout(timer)
  }, [now])
  return (
    <div class="sr" role="status">
      {said}
    </div>
  )
}
