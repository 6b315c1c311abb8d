import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Scenario } from 'skewproof/simulator'
import { Machines } from './machines.ts'
import { removeLabDirectory } from './scope.ts'
import { paced, playStory, readStory, type StoryPhase, type StoryResult } from './story.ts'

const storiesPath = fileURLToPath(new URL('stories', import.meta.url))

/** What the lab found, and what the simulator says of the same requests. */
export interface LabReport {
  readonly isQuick: boolean
  readonly startedAt: string
  readonly tookSeconds: number
  readonly stories: readonly StoryResult[]
  /** Stories that this machine cannot play, and why. */
  readonly failures: readonly { readonly name: string; readonly reason: string }[]
}

export interface LabOptions {
  readonly isQuick: boolean
  /** Names of stories; none: all. */
  readonly only: readonly string[]
  /** How many are played at once. */
  readonly lanes: number
  /** Aborts it: no further story is begun. */
  readonly signal?: AbortSignal
  readonly onProgress: (name: string, phase: StoryPhase | 'failed', share: number) => void
}

/** All stories, those that take longest first. */
export function readStories(): readonly Scenario[] {
  return readdirSync(storiesPath)
    .filter(file => file.endsWith('.yaml'))
    .map(file => readStory(join(storiesPath, file)))
    .toSorted((a, b) => b.durationSeconds - a.durationSeconds || a.name.localeCompare(b.name))
}

/** How many are played at once. A quick story waits more than it computes: how long things last is not what it is played for. */
export function lanesFor(isQuick: boolean): number {
  return availableParallelism() * (isQuick ? 2 : 1)
}

/**
 * Plays the stories, some at once. A story that fails does not keep the others from being told.
 *
 * @throws whatever it was aborted with
 */
export async function runLab({ isQuick, only, lanes, signal, onProgress }: LabOptions): Promise<LabReport> {
  const startedAt = new Date().toISOString()
  const startedMs = performance.now()
  const waiting = readStories()
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .map(scenario => paced(scenario, isQuick))
  const order = waiting.map(({ name }) => name)
  const machines = new Machines()
  const stories: StoryResult[] = []
  const failures: { name: string; reason: string }[] = []
  const lane = async () => {
    for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift()) {
      const { name, durationSeconds } = scenario
      try {
        const story = await playStory(scenario, machines, (phase, passed) =>
          onProgress(name, phase, Math.min(1, passed / durationSeconds)),
        )
        stories.push(story)
      } catch (error) {
        signal?.throwIfAborted()
        failures.push({ name, reason: error instanceof Error ? error.message : String(error) })
        onProgress(name, 'failed', 1)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: lanes }, lane))
  } finally {
    await machines.close()
    removeLabDirectory()
  }
  return {
    isQuick,
    startedAt,
    tookSeconds: (performance.now() - startedMs) / 1000,
    stories: stories.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name)),
    failures,
  }
}
