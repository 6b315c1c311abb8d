/** A way to Redis, wherever the keys lie. */
export interface Connection {
  /**
   * Sends one command, to the server that has the key, and waits for its answer, for as long as a command may take.
   *
   * @throws Error as Redis answered it, with its code in front
   * @throws TokenError `ERR_STORE_UNAVAILABLE` when there was no answer
   */
  send(key: string, command: readonly string[]): Promise<unknown>
  /** Listens to a channel from now on, also after reconnecting. Messages may be lost. */
  subscribe(channel: string, listener: () => void): void
  /** Ends it; commands that are under way fail. */
  close(): void
}
