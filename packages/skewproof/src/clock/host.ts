/** The raw clocks of one machine. The bounded clock is built from them; nothing else may read them. */
export interface HostClock {
  /** The wall clock (`CLOCK_REALTIME`), ms since the Unix epoch. Anybody may set it at any moment. */
  wallMs(): number
  /** The monotonic clock: never set; stands still while the machine is suspended. One zero for all processes of a boot. */
  monotonicMs(): number
  /** Time since boot, suspends included, to 10 ms. One zero for all processes of a boot. */
  uptimeMs(): number
  /** Changes with every boot; `undefined` where the system does not tell. */
  bootId(): string | undefined
}
