import { OptionError } from '../time/option-error.ts'

interface Limits {
  readonly min: number
  readonly max: number
}

/** An object that somebody else wrote, read field by field; what is wrong is said with its place. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #path: string
  readonly #known = new Set<string>()

  /** @throws OptionError when it is no object */
  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new OptionError(path || 'scenario', 'use an object')
    this.#values = value as Record<string, unknown>
    this.#path = path
  }

  has(name: string): boolean {
    this.#known.add(name)
    return this.#values[name] !== undefined && this.#values[name] !== null
  }

  /** The field itself, for something else to read. */
  raw(name: string): unknown {
    return this.has(name) ? this.#values[name] : undefined
  }

  pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  number(name: string, { min, max }: Limits, fallback?: number): number {
    const value = this.has(name) ? this.#values[name] : fallback
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw new OptionError(this.pathOf(name), `use a number from ${min} to ${max}`)
    return value
  }

  /** `undefined` when it is not there. */
  optionalNumber(name: string, limits: Limits): number | undefined {
    return this.has(name) ? this.number(name, limits) : undefined
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.has(name) ? this.#values[name] : fallback
    if (typeof value !== 'boolean') throw new OptionError(this.pathOf(name), 'use true or false')
    return value
  }

  text(name: string, fallback?: string): string {
    const value = this.has(name) ? this.#values[name] : fallback
    if (typeof value !== 'string' || value.length === 0 || value.length > 2000)
      throw new OptionError(this.pathOf(name), 'use a text of 1 to 2000 characters')
    return value.trim()
  }

  choice<T extends string>(name: string, values: readonly T[]): T | undefined {
    if (!this.has(name)) return undefined
    const value = values.find(candidate => candidate === this.#values[name])
    if (value === undefined) throw new OptionError(this.pathOf(name), `use one of ${values.join(', ')}`)
    return value
  }

  /** Each of a list, with its path; none when the list is not there. */
  list<T>(name: string, read: (value: unknown, path: string) => T): readonly T[] {
    const value = this.has(name) ? this.#values[name] : []
    if (!Array.isArray(value) || value.length > 10_000)
      throw new OptionError(this.pathOf(name), 'use a list of at most 10,000')
    return value.map((item, index) => read(item, `${this.pathOf(name)}[${index}]`))
  }

  /** @throws OptionError when a field is left that nobody asked for: most likely it is misspelt */
  done(): void {
    const unknown = Object.keys(this.#values).find(name => !this.#known.has(name))
    if (unknown !== undefined)
      throw new OptionError(this.pathOf(unknown), `it is not known; use ${[...this.#known].join(', ')}`)
  }
}
