import { SourceError } from '../../clock/source.ts'
import type { RoundTrip } from '../net/udp.ts'
import { Variables } from './variables.ts'

/** What ntpd says of the clock that it keeps. Times in ms, frequencies in ppm. */
export interface NtpdSystem {
  /** 3: not synchronised. */
  readonly leap: number
  /** 16: not synchronised. */
  readonly stratum: number
  /** An address, the name of a reference clock, or what keeps ntpd from being synchronised: `INIT`, `STEP`, ... */
  readonly referenceId: string
  /** The association that it follows; 0: none. */
  readonly peer: number
  /** When the clock was last corrected, by that clock; `undefined`: never. */
  readonly referenceTimeMs: number | undefined
  /** What the clock lacked when it was last corrected; positive while it is behind. */
  readonly correctionMs: number
  readonly frequencyPpm: number
  /** What the clock showed as ntpd answered. */
  readonly clockMs: number | undefined
}

/** What ntpd says of a server that it asks. */
export interface NtpdPeer {
  /** Of a reference clock: `127.127.TYPE.UNIT`. */
  readonly address: string
  readonly stratum: number
  /** The last eight polls, the newest in the lowest bit; 1: it answered. */
  readonly reachability: number
  /** Seconds between polls. */
  readonly pollSeconds: number
  /** When its last answer came, by ntpd's clock; `undefined`: never. */
  readonly receivedMs: number | undefined
  /** What the clock lacked by the best of its last answers; positive while it is behind. */
  readonly correctionMs: number
  /** Of that answer, there and back. */
  readonly delayMs: number
  readonly dispersionMs: number
  readonly jitterMs: number
  readonly rootDelayMs: number
  readonly rootDispersionMs: number
}

export const systemVariables = 'leap,stratum,refid,peer,reftime,offset,frequency,clock'
export const peerVariables =
  'srcadr,stratum,reach,hpoll,rec,offset,delay,dispersion,jitter,rootdelay,rootdisp'

/** @throws SourceError when a variable is missing, or is not of its kind */
export function readSystem(data: Uint8Array): NtpdSystem {
  const variables = new Variables(data)
  return {
    leap: variables.number('leap'),
    stratum: variables.number('stratum'),
    referenceId: variables.text('refid'),
    peer: variables.number('peer'),
    referenceTimeMs: variables.timestampMs('reftime'),
    correctionMs: variables.number('offset'),
    frequencyPpm: variables.number('frequency'),
    clockMs: variables.timestampMs('clock'),
  }
}

/** @throws SourceError when a variable is missing, or is not of its kind */
export function readPeer(data: Uint8Array): NtpdPeer {
  const variables = new Variables(data)
  const poll = variables.number('hpoll')
  if (!(poll >= 0 && poll <= 31)) throw new SourceError('malformed', `an answer whose hpoll is ${poll}`)
  return {
    address: variables.text('srcadr'),
    stratum: variables.number('stratum'),
    reachability: variables.hexadecimal('reach') & 0xff,
    pollSeconds: 2 ** poll,
    receivedMs: variables.timestampMs('rec'),
    correctionMs: variables.number('offset'),
    delayMs: variables.number('delay'),
    dispersionMs: variables.number('dispersion'),
    jitterMs: variables.number('jitter'),
    rootDelayMs: variables.number('rootdelay'),
    rootDispersionMs: variables.number('rootdisp'),
  }
}

export interface Association {
  readonly id: number
  /** What ntpd made of it; 6: it follows it, 7: it follows its pulses. */
  readonly selection: number
}

/** The list that ntpd answers when its status is asked for. A last piece that is not whole is not looked at. */
export function readAssociations(data: Uint8Array): readonly Association[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return Array.from({ length: Math.floor(data.length / 4) }, (_, index) => ({
    id: view.getUint16(4 * index),
    selection: (view.getUint16(4 * index + 2) >> 8) & 7,
  }))
}

/** The association that ntpd follows. */
export function findSelected(associations: readonly Association[]): number | undefined {
  const selected = (selection: number) =>
    associations.find(association => association.selection === selection)
  return (selected(7) ?? selected(6))?.id
}

/** All that a measurement needs. */
export interface Observation {
  readonly system: NtpdSystem
  readonly peer: NtpdPeer
  /** Of the question for the system's variables. */
  readonly roundTrip: RoundTrip
}
