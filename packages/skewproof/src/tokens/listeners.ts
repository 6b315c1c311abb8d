/** Those who listen to one kind of event. They are told at once, and cannot change what they are told of. */
export class Listeners<Event> {
  #listeners: readonly ((event: Event) => void)[] = []

  /** Whether anybody listens: otherwise an event need not be made. */
  get isHeard(): boolean {
    return this.#listeners.length > 0
  }

  add(listener: (event: Event) => void): void {
    this.#listeners = [...this.#listeners, listener]
  }

  remove(listener: (event: Event) => void): void {
    this.#listeners = this.#listeners.filter(other => other !== listener)
  }

  tell(event: Event): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        // A defect of the listener's: it must be seen, but not by whoever verifies a token.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

/** The listeners of several kinds of events, by their names. */
export type ListenersOf<Events> = { readonly [Name in keyof Events]: Listeners<Events[Name]> }

/** Whatever tells of such events, and can be asked not to. */
export interface Emitter<Events> {
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): unknown
  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): unknown
}
