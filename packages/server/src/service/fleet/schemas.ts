import {
  boolean,
  described,
  type JsonSchema,
  listOf,
  nullableNumber,
  number,
  objectOf,
  oneOf,
  text,
} from '../schemas.ts'

const clockStatus = oneOf('synchronized', 'holdover', 'disrupted', 'agreement', 'unsynchronized')

const nodeSchema = objectOf({
  node: described(text, 'A process: its machine and its number'),
  host: text,
  role: oneOf('service', 'agent'),
  version: text,
  startedAgoMs: number,
  reportedAgoMs: number,
  clock: described(
    objectOf({ status: clockStatus, errorMs: nullableNumber, wallOffsetMs: nullableNumber }),
    'What its bounded clock says',
  ),
  offsetMs: described(nullableNumber, "Its wall clock minus the fleet's time; positive is ahead"),
  errorMs: nullableNumber,
  ownOffsetMs: described(nullableNumber, "UTC by its own time sources minus the fleet's time"),
  ownErrorMs: nullableNumber,
  standing: oneOf('agreeing', 'outvoted', 'undecided', 'without-utc', 'silent'),
  ready: described(boolean, 'Whether it takes traffic'),
  sinceMs: described(number, 'How long that has been so'),
  reasons: listOf(objectOf({ code: text, text: text })),
  sources: listOf(
    objectOf({
      name: text,
      status: text,
      offsetMs: nullableNumber,
      errorMs: nullableNumber,
    }),
  ),
  verdictsPerSecond: { type: 'object', additionalProperties: number },
  happenings: listOf(
    objectOf({
      id: text,
      atMs: number,
      kind: oneOf('step', 'suspend', 'readiness'),
      byMs: nullableNumber,
      text: text,
    }),
  ),
})

export const fleetSchema: JsonSchema = objectOf({
  self: described(text, 'The node that answers'),
  serverTimeMs: number,
  view: objectOf({
    kind: oneOf('utc', 'agreement', 'undecidable', 'pending'),
    storeOffsetMs: described(nullableNumber, "The store's clock minus UTC"),
    errorMs: nullableNumber,
    agreeing: listOf(text),
    outvoted: listOf(text),
    alarm: { type: ['string', 'null'], enum: ['majority-disagrees', 'undecidable', null] },
  }),
  sentence: described(text, 'Who is wrong, by how much, since when, and what to do'),
  nodes: listOf(nodeSchema),
  issuers: listOf(
    objectOf({
      issuer: text,
      aheadMs: described(
        nullableNumber,
        'How far its clock is ahead, at least; null when its tokens have not shown that',
      ),
      tokens: number,
      lastSeenAgoMs: number,
    }),
  ),
})
