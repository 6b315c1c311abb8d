/** A page in Prometheus' text format, read: the samples by their name and labels, as they stand there. */
export function readSamples(text: string): ReadonlyMap<string, number> {
  return new Map(
    text
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => {
        const end = line.lastIndexOf(' ')
        return [line.slice(0, end), Number(line.slice(end + 1))]
      }),
  )
}

/** The names of all series: without labels. */
export function seriesNames(text: string): ReadonlySet<string> {
  return new Set([...readSamples(text).keys()].map(sample => sample.replace(/\{.*$/, '')))
}
