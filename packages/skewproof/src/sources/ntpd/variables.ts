import { SourceError } from '../../clock/source.ts'
import { readTimestampMs } from '../ntp/timestamp.ts'

/** The variables of an answer: `name=value`, separated by commas; a value may stand in quotation marks. */
export class Variables {
  readonly #values: ReadonlyMap<string, string>

  constructor(data: Uint8Array) {
    const text = Buffer.from(data).toString('latin1')
    const pairs = text.matchAll(/([\w.-]{1,64})=("[^"]*"|[^,\r\n]*)/g)
    this.#values = new Map([...pairs].map(([, name = '', value = '']) => [name, value.trim()]))
  }

  /** @throws SourceError when it is not there */
  text(name: string): string {
    const value = this.#values.get(name)
    if (value === undefined) throw new SourceError('malformed', `an answer without ${name}`)
    return value.replaceAll('"', '')
  }

  /** @throws SourceError when it is not a number in decimal digits */
  number(name: string): number {
    const text = this.text(name)
    if (!/^[+-]?\d{1,15}(\.\d{1,12})?(e[+-]?\d{1,2})?$/.test(text)) throw unreadable(name, text)
    return Number(text)
  }

  /** @throws SourceError when it is not a number in hexadecimal digits */
  hexadecimal(name: string): number {
    const text = this.text(name)
    if (!/^(0x)?[\da-f]{1,8}$/i.test(text)) throw unreadable(name, text)
    return Number.parseInt(text, 16)
  }

  /**
   * An NTP timestamp as ms since the Unix epoch; `undefined` when it is not set.
   *
   * @throws SourceError when it is not one
   */
  timestampMs(name: string): number | undefined {
    const text = this.text(name)
    const [, seconds, fraction] = /^0x([\da-f]{8})\.([\da-f]{8})$/i.exec(text) ?? []
    if (seconds === undefined || fraction === undefined) throw unreadable(name, text)
    const view = new DataView(new ArrayBuffer(8))
    view.setUint32(0, Number.parseInt(seconds, 16))
    view.setUint32(4, Number.parseInt(fraction, 16))
    return readTimestampMs(view, 0)
  }
}

function unreadable(name: string, text: string): SourceError {
  const printable = text.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, '?')
  return new SourceError('malformed', `an answer whose ${name} is '${printable}'`)
}
