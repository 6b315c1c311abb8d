/** The client of the peers' servers. */
export const client = { id: 'bench', secret: 'a secret of the benchmark that nobody guesses' }
