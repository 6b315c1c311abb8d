/**
 * How often a daemon on this host is asked at least, ms: it costs next to nothing, and one that comes back, or begins to lie,
 * is noticed soon.
 */
export const localPollMs = 4000
