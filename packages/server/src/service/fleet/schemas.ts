import { type TSchema, Type } from 'typebox'

const nullableNumber = Type.Union([Type.Number(), Type.Null()])

function oneOf(...names: readonly string[]): TSchema {
  return Type.Union(names.map(name => Type.Literal(name)))
}

const clockStatus = oneOf('synchronized', 'holdover', 'disrupted', 'agreement', 'unsynchronized')

const nodeSchema = Type.Object({
  node: Type.String({ description: 'A process: its machine and its number' }),
  host: Type.String(),
  role: oneOf('service', 'agent'),
  version: Type.String(),
  startedAgoMs: Type.Number(),
  reportedAgoMs: Type.Number(),
  clock: Type.Object(
    { status: clockStatus, errorMs: nullableNumber, wallOffsetMs: nullableNumber },
    { description: 'What its bounded clock says' },
  ),
  offsetMs: Type.Union([Type.Number(), Type.Null()], {
    description: "Its wall clock minus the fleet's time; positive is ahead",
  }),
  errorMs: nullableNumber,
  ownOffsetMs: Type.Union([Type.Number(), Type.Null()], {
    description: "UTC by its own time sources minus the fleet's time",
  }),
  ownErrorMs: nullableNumber,
  standing: oneOf('agreeing', 'outvoted', 'undecided', 'without-utc', 'silent'),
  ready: Type.Boolean({ description: 'Whether it takes traffic' }),
  sinceMs: Type.Number({ description: 'How long that has been so' }),
  reasons: Type.Array(Type.Object({ code: Type.String(), text: Type.String() })),
  sources: Type.Array(
    Type.Object({
      name: Type.String(),
      status: Type.String(),
      offsetMs: nullableNumber,
      errorMs: nullableNumber,
    }),
  ),
  verdictsPerSecond: Type.Record(Type.String(), Type.Number()),
  happenings: Type.Array(
    Type.Object({
      id: Type.String(),
      atMs: Type.Number(),
      kind: oneOf('step', 'suspend', 'readiness'),
      byMs: nullableNumber,
      text: Type.String(),
    }),
  ),
})

export const fleetSchema: TSchema = Type.Object({
  self: Type.String({ description: 'The node that answers' }),
  serverTimeMs: Type.Number(),
  view: Type.Object({
    kind: oneOf('utc', 'agreement', 'undecidable', 'pending'),
    storeOffsetMs: Type.Union([Type.Number(), Type.Null()], { description: "The store's clock minus UTC" }),
    errorMs: nullableNumber,
    agreeing: Type.Array(Type.String()),
    outvoted: Type.Array(Type.String()),
    alarm: Type.Union([oneOf('majority-disagrees', 'undecidable'), Type.Null()]),
  }),
  sentence: Type.String({ description: 'Who is wrong, by how much, since when, and what to do' }),
  nodes: Type.Array(nodeSchema),
  issuers: Type.Array(
    Type.Object({
      issuer: Type.String(),
      aheadMs: Type.Union([Type.Number(), Type.Null()], {
        description: 'How far its clock is ahead, at least; null when its tokens have not shown that',
      }),
      tokens: Type.Number(),
      lastSeenAgoMs: Type.Number(),
    }),
  ),
})
