import { storeUnavailable } from '../errors.ts'

/** The name of the store's document that holds the status lists. */
export const statusListsDocument = 'status-lists'

/** A status list that tokens have been given places on. Instants are of the store's clock. */
export interface StatusListRecord {
  readonly id: string
  /** How many tokens it has room for. */
  readonly size: number
  /** The longest that a token on it may live; for as long it takes new ones. */
  readonly spanMs: number
  readonly openedAtMs: number
  /** How many of its places have been given away, in the order that follows from the seed. */
  readonly claimed: number
  readonly seed: string
}

/** A part of a list's order that nobody else gives away. */
export interface Block {
  readonly list: StatusListRecord
  readonly from: number
  readonly to: number
}

/** How many blocks a list has; a process that stops leaves the rest of one unused. */
const blocksPerList = 128

/** How long a list is kept after the last of its tokens has expired: tolerances, and a token that was on its way. */
const keptMs = 300_000

/** When the list takes no more tokens. */
export function closesAtMs({ openedAtMs, spanMs }: StatusListRecord): number {
  return openedAtMs + spanMs
}

/**
 * Claims a block of the list that is open for tokens of this span, or of a new one; lists whose tokens have all died are
 * left out. Pure.
 */
export function claimBlock(
  lists: readonly StatusListRecord[],
  spanMs: number,
  nowMs: number,
  newList: () => Pick<StatusListRecord, 'id' | 'size' | 'seed'>,
): { readonly lists: readonly StatusListRecord[]; readonly block: Block } {
  const kept = lists.filter(list => nowMs < closesAtMs(list) + list.spanMs + keptMs)
  const open = kept.find(
    list => list.spanMs === spanMs && list.claimed < list.size && nowMs < closesAtMs(list),
  )
  const before = open ?? { ...newList(), spanMs, openedAtMs: nowMs, claimed: 0 }
  const to = Math.min(before.size, before.claimed + Math.ceil(before.size / blocksPerList))
  const list = { ...before, claimed: to }
  return {
    lists: [...kept.filter(other => other !== open), list],
    block: { list, from: before.claimed, to },
  }
}

export function formatLists(lists: readonly StatusListRecord[]): string {
  return JSON.stringify({ lists })
}

/**
 * @param value the document; `undefined` when there is none yet
 * @throws TokenError `ERR_STORE_UNAVAILABLE` when it is something else: new lists would give places away again
 */
export function parseLists(value: string | undefined): readonly StatusListRecord[] {
  if (value === undefined) return []
  try {
    const document: unknown = JSON.parse(value)
    if (isObject(document) && Array.isArray(document['lists']) && document['lists'].every(isRecord)) {
      return document['lists']
    }
  } catch {
    // Said below.
  }
  throw storeUnavailable('its status lists cannot be read')
}

function isRecord(list: unknown): list is StatusListRecord {
  return (
    isObject(list) &&
    typeof list['id'] === 'string' &&
    typeof list['seed'] === 'string' &&
    ['size', 'spanMs', 'openedAtMs', 'claimed'].every(name => Number.isFinite(list[name]))
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
