import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { BoundedClock, isReliable, ManualHostClock, type TimeSource } from '../clock/index.ts'
import type { FleetStore } from '../stores/fleet-store.ts'
import { MemoryFleet } from '../stores/memory/fleet.ts'
import { FleetMember } from './member.ts'

vi.setConfig({ testTimeout: 120_000 })

const startMs = 1_800_000_000_000

/** True time, which passes for all machines and for the store alike. */
class World {
  readonly hosts: ManualHostClock[] = []
  trueMs = startMs
  storeOffsetMs = 40_000
  #stores = 1
  #fleet = this.#newFleet()

  pass(ms: number): void {
    this.trueMs += ms
    for (const host of this.hosts) host.advance(ms)
  }

  /** Another store, which knows nothing, has taken the place of the one before. */
  replaceStore(): void {
    this.#stores += 1
    this.#fleet = this.#newFleet()
  }

  #newFleet(): MemoryFleet {
    const uptimeMs = () => this.trueMs + this.storeOffsetMs
    return new MemoryFleet({ wallMs: () => 0, monotonicMs: () => 0, uptimeMs, bootId: () => '' }, () => {})
  }

  /** The store as a node reaches it: the way there and the way back take their time. */
  reach(thereMs: number, backMs: number): FleetStore {
    return {
      beatEveryMs: 1000,
      resolutionMs: 0.001,
      tellsTimeOfDay: true,
      beat: async word => {
        this.pass(thereMs)
        const reading = { ...(await this.#fleet.beat(word)), epoch: `store ${this.#stores}` }
        this.pass(backMs)
        return reading
      },
      readDescriptions: () => this.#fleet.readDescriptions(),
      leave: node => this.#fleet.leave(node),
    }
  }
}

interface NodeModel {
  readonly wallOffsetMs: number
  readonly thereMs: number
  readonly backMs: number
  /** Its own source: how wrong it is and within what it says; `undefined`: it has none. */
  readonly source: { readonly offsetMs: number; readonly errorMs: number } | undefined
}

class Node {
  readonly host: ManualHostClock
  readonly clock: BoundedClock
  readonly member: FleetMember
  readonly model: NodeModel

  constructor(world: World, name: string, model: NodeModel) {
    this.model = model
    this.host = new ManualHostClock(world.trueMs + model.wallOffsetMs)
    world.hosts.push(this.host)
    this.member = new FleetMember({
      store: world.reach(model.thereMs, model.backMs),
      identity: { node: name, host: name, machine: name, role: 'service', version: '' },
    })
    const { source, host } = { ...model, host: this.host }
    const own: TimeSource[] =
      source === undefined
        ? []
        : [
            {
              name: 'own',
              authenticated: false,
              minPollMs: 0,
              measure: async () => ({
                monotonicMs: host.monotonicMs(),
                timeMs: world.trueMs + source.offsetMs,
                errorMs: source.errorMs,
              }),
            },
          ]
    this.clock = new BoundedClock({ host, sources: [...own, this.member], schedule: () => () => {} })
  }

  get isHonest(): boolean {
    const { source } = this.model
    return source !== undefined && Math.abs(source.offsetMs) <= source.errorMs
  }

  expectRight(world: World): void {
    const reading = this.clock.now()
    if (!isReliable(reading)) return
    const wrongMs = Math.abs(reading.timeMs - world.trueMs)
    expect(wrongMs, `${this.member.identity.node} is ${reading.status}`).toBeLessThanOrEqual(
      reading.errorMs + 0.01,
    )
  }
}

const trip = fc.double({ min: 0.01, max: 40, noNaN: true })
const wall = fc.double({ min: -200_000, max: 200_000, noNaN: true })
const common = { wallOffsetMs: wall, thereMs: trip, backMs: trip }
const honest = fc.record({
  ...common,
  source: fc
    .record({
      errorMs: fc.double({ min: 0.1, max: 200, noNaN: true }),
      share: fc.double({ min: -1, max: 1, noNaN: true }),
    })
    .map(({ errorMs, share }) => ({ errorMs, offsetMs: errorMs * share })),
})
const liar = fc.record({
  ...common,
  source: fc.record({ errorMs: fc.double({ min: 0.1, max: 200, noNaN: true }), offsetMs: wall }),
})
const without = fc.record({ ...common, source: fc.constant(undefined) })
const set = fc.double({ min: 200, max: 100_000, noNaN: true }).chain(ms => fc.constantFrom(ms, -ms))
/** What happens to the store in a round: its clock is set, or another store with another clock takes its place. */
const step = fc.oneof(
  { weight: 10, arbitrary: fc.constant({ byMs: 0, isNew: false }) },
  { weight: 2, arbitrary: fc.record({ byMs: set, isNew: fc.constant(false) }) },
  { weight: 1, arbitrary: fc.record({ byMs: set, isNew: fc.constant(true) }) },
)

describe('a fleet', () => {
  it('knows the time within its bounds, while most who report are honest, whatever happens to the store', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(honest, { minLength: 2, maxLength: 5 }),
        fc.array(liar, { maxLength: 4 }),
        fc.array(without, { minLength: 1, maxLength: 2 }),
        fc.array(step, { minLength: 6, maxLength: 14 }),
        fc.infiniteStream(fc.nat(1000)),
        async (honests, liars, withouts, steps, order) => {
          const world = new World()
          const few = liars.slice(0, honests.length - 1)
          const models = [...honests, ...few, ...withouts]
          const nodes = models.map((model, index) => new Node(world, `n${index}`, model))
          const isRight = (node: Node) => node.isHonest || node.model.source === undefined
          // All there, before the first speaks.
          for (const node of nodes) await node.clock.measure()
          for (const { byMs, isNew } of steps) {
            world.storeOffsetMs += byMs
            if (isNew) world.replaceStore()
            const shuffled = nodes
              .map(node => ({ node, key: order.next().value ?? 0 }))
              .toSorted((a, b) => a.key - b.key)
            for (const { node } of shuffled) {
              world.pass(1000 / nodes.length)
              await node.clock.measure()
              if (isRight(node)) node.expectRight(world)
            }
            for (const node of nodes.filter(isRight)) node.expectRight(world)
          }
          // Quiet again, all of them know it.
          for (let round = 0; round < 4; round += 1) {
            for (const node of nodes) {
              world.pass(1000 / nodes.length)
              await node.clock.measure()
            }
          }
          for (const node of nodes.filter(isRight)) {
            expect(node.clock.status).toBe('synchronized')
            node.expectRight(world)
          }
          for (const node of nodes) node.clock.close()
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a node', () => {
  const calm = { wallOffsetMs: 0, thereMs: 0.2, backMs: 0.2 }
  const right = { ...calm, source: { offsetMs: 0.3, errorMs: 1 } }
  const lying = { ...calm, source: { offsetMs: 180_000, errorMs: 1 } }
  const blind = { ...calm, wallOffsetMs: 180_000, source: undefined }

  async function run(models: readonly NodeModel[], rounds = 8) {
    const world = new World()
    const nodes = models.map((model, index) => new Node(world, `n${index}`, model))
    const play = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round += 1) {
        world.pass(1000)
        for (const node of nodes) await node.clock.measure()
      }
    }
    await play(rounds)
    return { world, nodes, play }
  }

  it('without UTC knows it within half of its round trip and what the others know', async () => {
    const { world, nodes } = await run([right, right, blind])
    const node = nodes[2]
    node?.expectRight(world)
    expect(node?.clock.now().errorMs).toBeLessThan(3)
    expect(node?.clock.wallOffsetMs).toBeCloseTo(180_000, -1)
  })

  it('that is lied to by its own source follows the others, and is drained', async () => {
    const { world, nodes, play } = await run([right, right, lying])
    const node = nodes[2]
    if (node === undefined) throw new Error('it is there')
    node.expectRight(world)
    expect(node.clock.status).toBe('synchronized')
    expect(node.clock.sources).toMatchObject([
      { status: 'falseticker' },
      { name: 'fleet', status: 'selected' },
    ])
    expect(node.member.knowledge).toMatchObject({ readiness: { ready: false }, facts: { isOutvoted: true } })
    expect(nodes[0]?.member.knowledge?.readiness.ready).toBe(true)
    Object.assign(lying.source, { offsetMs: 0 })
    await play(10)
    expect(node.member.knowledge?.readiness.ready).toBe(true)
    Object.assign(lying.source, { offsetMs: 180_000 })
  })

  it('and one other that contradict each other: undecidable, and both go on in service', async () => {
    const { nodes } = await run([right, lying, blind])
    for (const { member } of nodes) {
      expect(member.knowledge).toMatchObject({
        view: { kind: 'undecidable', isTie: true },
        alarm: 'undecidable',
        readiness: { ready: true },
      })
    }
    expect(nodes[0]?.clock.sources[0]?.status).toBe('selected')
  })

  it('goes by the time of the store where nobody knows UTC, and does not say that it is UTC', async () => {
    const { world, nodes } = await run([blind, { ...blind, wallOffsetMs: -5000 }])
    for (const { clock } of nodes) {
      const { timeMs, errorMs, status } = clock.now()
      expect(status).toBe('agreement')
      expect(errorMs).toBe(Number.POSITIVE_INFINITY)
      expect(Math.abs(timeMs - world.trueMs - 40_000)).toBeLessThan(1)
    }
  })

  it('tells nothing of what it has learned from others', async () => {
    const { nodes } = await run([right, right, blind])
    expect(nodes[2]?.clock.status).toBe('synchronized')
    expect(nodes[2]?.clock.own.now().status).toBe('unsynchronized')
    const { view } = nodes[2]?.member.knowledge ?? {}
    expect(view?.kind === 'utc' && view.agreeing).toEqual(['n0', 'n1'])
  })

  it('holds over when the store was set, until the others have said something new', async () => {
    const { world, nodes } = await run([right, right, right, blind])
    world.storeOffsetMs += 7000
    const node = nodes[3]
    world.pass(1000)
    await node?.clock.measure()
    expect(node?.member.knowledge?.view.kind).toBe('pending')
    expect(node?.clock.status).toBe('synchronized')
    node?.expectRight(world)
  })
})
