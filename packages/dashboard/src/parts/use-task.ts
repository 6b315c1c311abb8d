import { useRef, useState } from 'preact/hooks'

export interface Task<Result> {
  readonly result: Result | undefined
  readonly error: unknown
  readonly isRunning: boolean
  /** Begins; what an earlier run still brings is dropped. */
  run(work: () => Promise<Result>): Promise<void>
}

/** Something that the service is asked for: what came of it, or what went wrong. */
export function useTask<Result>(): Task<Result> {
  const [state, setState] = useState<Omit<Task<Result>, 'run'>>({
    result: undefined,
    error: undefined,
    isRunning: false,
  })
  const latest = useRef(0)
  return {
    ...state,
    async run(work) {
      latest.current += 1
      const own = latest.current
      setState(({ result }) => ({ result, error: undefined, isRunning: true }))
      try {
        const result = await work()
        if (latest.current === own) setState({ result, error: undefined, isRunning: false })
      } catch (error) {
        if (latest.current === own) setState({ result: undefined, error, isRunning: false })
      }
    },
  }
}
