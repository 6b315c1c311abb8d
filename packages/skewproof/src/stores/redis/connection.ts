/** A way to Redis, wherever the keys lie. */
export interface Connection {
  /**
   * Sends one command, to the server that has the key, and waits for its answer, for as long as a command may take.
   *
   * @param replicas how many replicas are waited for, on the connection that wrote, where there are any
   * @throws Error as Redis answered it, with its code in front
   * @throws TokenError `ERR_STORE_UNAVAILABLE` when there was no answer
   */
  send(key: string, command: readonly string[], replicas?: number): Promise<Answer>
  /** Listens to a channel from now on, also after reconnecting. Messages may be lost. */
  subscribe(channel: string, listener: () => void): void
  /** Ends it; commands that are under way fail. */
  close(): void
}

export interface Answer {
  readonly value: unknown
  /** Who answered: `host:port`. */
  readonly server: string
  /** Whether so many replicas as were asked for, and at least one, are known to have all that was written before. */
  readonly isReplicated: boolean
}
