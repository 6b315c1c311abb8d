import { processTree, residentBytes } from './server.js'

export interface MemorySample {
  readonly atSeconds: number
  readonly bytes: number
}

/** Looks at the memory of a process and its children, every so often. */
export function watchMemory(
  pid: number,
  everyMs: number,
): { readonly samples: MemorySample[]; stop(): void } {
  const startedMs = performance.now()
  const samples: MemorySample[] = []
  const look = () => {
    const bytes = residentBytes(processTree(pid))
    samples.push({ atSeconds: (performance.now() - startedMs) / 1000, bytes })
  }
  look()
  const timer = setInterval(look, everyMs)
  return { samples, stop: () => clearInterval(timer) }
}
