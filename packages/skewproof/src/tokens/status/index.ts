export type { StatusListFetch } from './fetch-list.ts'
export type { PublishedStatusList } from './publication.ts'
export type { StatusReference } from './reference.ts'
export type { StatusListOptions } from './remote-lists.ts'
export type { StatusListServiceOptions } from './service.ts'
export {
  createStatusList,
  decodeStatusList,
  encodeStatusList,
  type StatusBits,
  type StatusList,
  type StatusListClaim,
  setStatus,
  statusAt,
  statusCount,
} from './status-list.ts'
