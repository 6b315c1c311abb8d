import type { StoryPhase } from './story.ts'

type Phase = StoryPhase | 'waiting' | 'failed'

interface Line {
  phase: Phase
  share: number
}

const barWidth = 24

/** Shows how far the stories are: a line each that is drawn over on a terminal, and a line at each end elsewhere. */
export class Progress {
  readonly #output: NodeJS.WriteStream
  readonly #lines: Map<string, Line>
  #isDrawn = false

  constructor(names: readonly string[], output: NodeJS.WriteStream) {
    this.#output = output
    this.#lines = new Map(names.map(name => [name, { phase: 'waiting', share: 0 }]))
  }

  update(name: string, phase: Phase, share: number): void {
    const line = this.#lines.get(name)
    if (line === undefined) return
    const isNew = line.phase !== phase
    Object.assign(line, { phase, share })
    if (this.#output.isTTY) this.#draw()
    else if (isNew && (phase === 'ended' || phase === 'failed')) this.#output.write(`${name} ${phase}\n`)
  }

  #draw(): void {
    if (this.#isDrawn) this.#output.write(`\x1b[${this.#lines.size}A`)
    this.#isDrawn = true
    const width = Math.max(...[...this.#lines.keys()].map(name => name.length))
    for (const [name, { phase, share }] of this.#lines) {
      const done = phase === 'ended' ? barWidth : Math.round(share * barWidth)
      const bar = `${'█'.repeat(done)}${'░'.repeat(barWidth - done)}`
      this.#output.write(`\x1b[2K${name.padEnd(width)}  ${bar}  ${phase}\n`)
    }
  }
}
